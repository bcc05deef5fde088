import { createHandler } from '../drain-app.ts';

const handler = createHandler((): Promise<void> => listener.stop());
const listener = Bun.serve({ port: Number(process.env.PORT), hostname: '127.0.0.1', fetch: handler });
console.log(`Listening on ${listener.url}`);
