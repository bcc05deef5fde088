/** Serves the handler in `../handlers` that the environment variable `HANDLER` names. */
import process from 'node:process';

declare const Bun: {
  serve(options: { fetch(request: Request): unknown; port: number; hostname: string }): { readonly port: number };
};

const { HANDLER } = process.env;
const { default: handler } = await import(`../handlers/${HANDLER}.ts`);
const server = Bun.serve({ fetch: (request) => handler.fetch(request), port: 0, hostname: '127.0.0.1' });
console.log(`http://127.0.0.1:${server.port}`);
