/** Serves the handler in `../handlers` that the environment variable `HANDLER` names. */
import process from 'node:process';

declare const Deno: {
  serve(options: { port: number; hostname: string }, fetch: (request: Request) => unknown): void;
};

const { HANDLER } = process.env;
const { default: handler } = await import(`../handlers/${HANDLER}.ts`);
Deno.serve({ port: 0, hostname: '127.0.0.1' }, (request) => handler.fetch(request));
