/**
 * Serves a handler with Node.js: `import { createRequestListener } from 'apollo-server-integration-fetch/node'`.
 *
 * @module
 */
import { logSafely } from './core/log.ts';
import type { FetchAPI } from './core/options.ts';
import { isClosed } from './node/connection.ts';
import type { NodeIncoming, NodeOutgoing } from './node/objects.ts';
import { NodeRequest } from './node/request.ts';
import { NodeResponse } from './node/response.ts';
import { send } from './node/send.ts';

export type { NodeIncoming, NodeOutgoing };

/** A fetch handler that takes what {@link createRequestListener} passes after the request, or less. */
export type NodeHandler<TIncoming, TOutgoing> = (
  request: Request,
  context: { req: TIncoming; res: TOutgoing },
  fetchAPI: FetchAPI,
) => Response | Promise<Response>;

const fetchAPI: FetchAPI = { Response: NodeResponse as unknown as FetchAPI['Response'] };

/**
 * Serves a fetch handler with `node:http`, `node:https` or `node:http2`, alone or inside a framework such as Express.
 * After the request, the handler receives Node's own objects, `{ req, res }`, and a `Response` class that is cheap to
 * send, which `createFetchHandler` uses.
 *
 * The request is `instanceof Request` and has all of its members. Native code does not accept it as a `Request`, so
 * write `new Request(request.url, request)` and `fetch(request.url, request)`.
 *
 * If a body parser has already read the body, the request has the bytes of `req.rawBody`, else `req.body` as JSON.
 * Cookies and `Vary` that a middleware has set on `res` are sent together with those of the response.
 *
 * If the handler rejects, the client gets a 500 without a body and the error is logged, unless the client has
 * disconnected. A handler of `createFetchHandler` never rejects.
 *
 * @param handler A handler of this package, wrapped or not, or any other that takes a `Request`.
 * @returns A listener for the event `request` of a server, or a middleware that responds to every request.
 * @see https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener
 * @see https://nodejs.org/api/http2.html#compatibility-api
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { createRequestListener } from 'apollo-server-integration-fetch/node';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 * createServer(createRequestListener(createFetchHandler(server))).listen(4000);
 * ```
 */
export function createRequestListener(
  handler: NodeHandler<NodeIncoming, NodeOutgoing>,
): (req: NodeIncoming, res: NodeOutgoing) => Promise<void>;
// For a handler that declares `req` as an `IncomingMessage`, or `res` as a `ServerResponse`.
export function createRequestListener<TIncoming extends NodeIncoming, TOutgoing extends NodeOutgoing>(
  handler: NodeHandler<TIncoming, TOutgoing>,
): (req: TIncoming, res: TOutgoing) => Promise<void>;
export function createRequestListener(
  handler: NodeHandler<NodeIncoming, NodeOutgoing>,
): (req: NodeIncoming, res: NodeOutgoing) => Promise<void> {
  return async function requestListener(req, res) {
    try {
      await send(await handler(toRequest(req, res), { req, res }, fetchAPI), req, res);
    } catch (error) {
      // After a disconnect, the error may say nothing else, and nobody is there to get a response.
      if (isClosed(req, res)) return;
      // A body that fails with an AbortError was broken off on purpose.
      if (!(res.headersSent && (error as Error | null)?.name === 'AbortError')) {
        logSafely(() => console.error(error));
      }
      breakOff(res, error);
    }
  };
}

/**
 * Returns the `Request` for Node's own objects, for a framework that sends a `Response` itself and applies its own
 * hooks and headers to it. The request is like that of {@link createRequestListener}.
 *
 * @param req Node's request.
 * @param res Node's response, which tells when the client has disconnected.
 * @returns A request that is `instanceof Request`.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { toRequest } from 'apollo-server-integration-fetch/node';
 * import Fastify from 'fastify';
 *
 * const handler = createFetchHandler(new ApolloServer({ typeDefs: 'type Query { hello: String }' }));
 * const app = Fastify();
 * // The handler reads the body.
 * app.removeAllContentTypeParsers();
 * app.addContentTypeParser('*', (_request, _payload, done) => done(null));
 * app.all('/graphql', async (request, reply) => reply.send(await handler(toRequest(request.raw, reply.raw))));
 * ```
 */
export function toRequest(req: NodeIncoming, res: NodeOutgoing): Request {
  return new NodeRequest(req, res) as unknown as Request;
}

/** Responds with 500. A response whose headers were already sent can only be cut off. Never throws. */
function breakOff(res: NodeOutgoing, error: unknown): void {
  try {
    if (!res.headersSent) {
      // The head that failed has left its status text and its length. HTTP/2 has no status text.
      const head = { 'content-length': '0' };
      if (res.stream === undefined) res.writeHead(500, 'Internal Server Error', head);
      else res.writeHead(500, head);
      res.end();
      return;
    }
  } catch {
    // A middleware has set a header that Node.js refuses.
  }
  // Without an error, an HTTP/2 client would take what it has received for the whole response.
  if (res.stream !== undefined) res.stream.destroy(new Error('The response failed.', { cause: error }));
  else res.destroy();
}
