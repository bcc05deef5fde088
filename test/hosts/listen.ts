import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Server } from 'node:net';
import type { Listener } from './serve-app.ts';

/** Serves a request listener with `node:http`. */
export async function listen(listener: RequestListener): Promise<Listener> {
  return await listenOn(createServer(listener));
}

/** Listens with any server of Node. */
export async function listenOn(server: Server): Promise<Listener> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`Not a port: ${address}`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
