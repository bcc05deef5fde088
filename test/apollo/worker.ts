import { handleAsNodeRequest } from 'cloudflare:node';
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { FetchHandler } from '../../src/index.ts';
import { runSuite } from './suite.ts';

interface Env {
  /** Sends requests to sockets of this machine. */
  readonly loopback: Fetcher;
}

interface Served {
  readonly handler: FetchHandler<unknown[]>;
  readonly closed: Promise<void>;
}

/** The ports that workerd has opened. A Worker cannot open a socket, so the handlers take turns on these. */
const ports = new Set<string>();
const serving = new Map<string, Served>();

export default {
  async fetch(request, env, ctx) {
    const { pathname, port, searchParams } = new URL(request.url);
    if (pathname === '/run-suite') {
      for (const port of searchParams.getAll('port')) ports.add(port);
      return Response.json(await runSuite(listen));
    }
    const served = serving.get(port);
    if (served === undefined) return new Response(null, { status: 503 });
    // Apollo sends usage reports after the response, and an invocation ends with its response without `waitUntil`.
    ctx.waitUntil(served.closed);
    return await served.handler(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;

function listen(handler: FetchHandler<unknown[]>) {
  const port = [...ports].find((port) => !serving.has(port));
  if (port === undefined) throw new Error(`More than ${ports.size} handlers are being served.`);
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  serving.set(port, { handler, closed });
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      serving.delete(port);
      onClosed();
    },
  };
}

/** Sends the suite's requests to the handlers over a socket, or to the suite's own `node:http` servers without one. */
export class Outbound extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    const { port } = new URL(request.url);
    return ports.has(port) ? this.env.loopback.fetch(request) : handleAsNodeRequest(Number(port), request);
  }
}
