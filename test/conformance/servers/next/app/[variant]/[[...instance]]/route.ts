import { createApp } from '../../../../../app.ts';

type Context = RouteContext<'/[variant]/[[...instance]]'>;

const handler: (request: Request, context: Context) => Promise<Response> = createApp();

export { handler as GET, handler as OPTIONS, handler as POST };
