import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createRequestListener, type NodeIncoming, type NodeOutgoing } from '../../src/node.ts';

/** The number of listeners that each connection had at its first request. */
const listeners = new WeakMap<object, number>();
let aborted = 0;

async function handler(request: Request, { req, res }: { req: NodeIncoming; res: NodeOutgoing }): Promise<Response> {
  const { signal } = request;
  const { pathname } = new URL(request.url);
  await request.arrayBuffer();
  if (pathname === '/cookies') {
    const response = res as ServerResponse;
    response.setHeader('x-before', '1').setHeader('set-cookie', 'a=1');
    const headers = new Headers([
      ['set-cookie', 'b=2'],
      ['set-cookie', 'c=3'],
    ]);
    return new Response(null, { headers });
  }
  if (pathname === '/listeners') {
    const count = (req.socket as Socket).listenerCount('close');
    const added = count - (listeners.get(req.socket) ?? count);
    if (added === 0) listeners.set(req.socket, count);
    console.log(`listeners added: ${added > 1 ? added : 'at most one'}`);
    return new Response();
  }
  console.log(`begun ${pathname}`);
  const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  if (pathname.startsWith('/wait/')) {
    await left;
    console.log(`aborted ${pathname}`);
  }
  if (pathname.startsWith('/quiet/')) return streamOf(pathname, [new Uint8Array(1)]);
  if (pathname.startsWith('/endless/')) return streamOf(pathname);
  void left.then(() => aborted++);
  return new Response('x');
}

/** A response that never ends. It has the given chunks, or as many as the client takes. */
function streamOf(pathname: string, chunks?: Uint8Array[]): Response {
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks === undefined ? new Uint8Array(65_536) : chunks.shift();
      if (chunk === undefined) return new Promise(() => {});
      controller.enqueue(chunk);
    },
    cancel: () => console.log(`cancelled ${pathname}`),
  });
  return new Response(body);
}

const server = createServer(createRequestListener(handler));
server.on('connection', (socket) => {
  socket.on('close', () => console.log(`closed, aborted: ${aborted}`));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
