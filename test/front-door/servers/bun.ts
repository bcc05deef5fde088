import { handler } from '../app.ts';

const { url } = Bun.serve({ port: Number(process.env.PORT), hostname: '127.0.0.1', fetch: handler });
console.log(`Listening on ${url}`);
