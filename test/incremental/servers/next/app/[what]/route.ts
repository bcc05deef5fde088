import { createApp } from '../../../../app.ts';

const app = createApp();

export { app as GET, app as POST };
