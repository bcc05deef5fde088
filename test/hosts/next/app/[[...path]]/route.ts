import { loadApp } from '../../../../apps/index.ts';

const createApp = await loadApp(process.env.APP);
const handler: (request: Request, context: { params: Promise<{ path?: string[] }> }) => Promise<Response> = createApp();

export { handler as GET, handler as OPTIONS, handler as POST };
