import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import type { FetchAPI } from '../../src/index.ts';
import { createRequestListener, type NodeHandler, type NodeIncoming, type NodeOutgoing } from '../../src/node.ts';

export type Handler = NodeHandler<NodeIncoming, NodeOutgoing>;

/** Listens until the test is over, and returns the port. */
export async function listen(server: Server & { closeAllConnections?(): void }): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Serves a handler, and returns its URL. `before` sees each request first. */
export async function serve(handler: Handler, before?: RequestListener): Promise<string> {
  const listener: RequestListener = createRequestListener(handler);
  const server = createServer(async (req, res) => {
    await before?.(req, res);
    listener(req, res);
  });
  return `http://127.0.0.1:${await listen(before === undefined ? createServer(listener) : server)}/`;
}

/** Sends a request to a handler, and returns what `look` makes of it. */
export async function see<Seen>(
  look: (request: Request) => Seen | Promise<Seen>,
  init?: RequestInit,
  before?: RequestListener,
): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen | Promise<Seen>>();
  const url = await serve(async (request) => {
    const seen = (async () => await look(request))();
    resolve(seen);
    await seen.catch(() => {});
    return new Response();
  }, before);
  await (await fetch(url, init)).text();
  return await promise;
}

/** Returns the response that a client gets when the handler builds it with the listener's own class. */
export async function responseOf(
  make: (Response: FetchAPI['Response']) => Response | Promise<Response>,
  before?: RequestListener,
): Promise<Response> {
  return await fetch(await serve((_request, _context, { Response }) => make(Response), before));
}

export const post = { method: 'POST', body: '{"query":"{a}"}', headers: { 'content-type': 'application/json' } };

/** Captures what is printed with `console.error`. */
export function printed() {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  return log;
}

/** Opens a connection and sends text on it. */
export async function open(url: string, text: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** A stream whose chunks the test provides, and a spy that is called when the stream is cancelled. */
export function streamOf(pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>) {
  const cancel = vi.fn();
  return { cancel, stream: new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 }) };
}
