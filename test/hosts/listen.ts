import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Listener } from './serve-app.ts';

/** Serves a request listener of Node. */
export async function listen(listener: RequestListener): Promise<Listener> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`Not a port: ${address}`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
