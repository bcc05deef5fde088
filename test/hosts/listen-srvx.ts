import type { ServerHandler } from 'srvx';
import { serve } from 'srvx/node';
import type { Listener } from './serve-app.ts';

/** Serves a fetch handler with srvx. */
export async function listenWithSrvx(fetch: ServerHandler): Promise<Listener> {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1', silent: true, gracefulShutdown: false });
  await server.ready();
  return { url: server.url ?? '', close: () => server.close() };
}
