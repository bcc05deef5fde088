import type { FetchAPI } from './core/options.ts';
import { type NodeFinishable, type NodeIncoming, NodeRequest } from './node/request.ts';
import { NodeResponse, type Parts } from './node/response.ts';

export type { NodeIncoming };

/** What is used of a `ServerResponse` of `node:http`. */
export interface NodeOutgoing extends NodeFinishable {
  readonly headersSent: boolean;
  writeHead(status: number, headers?: string[] | Record<string, string>): unknown;
  write(chunk: Uint8Array): boolean;
  end(chunk?: string | Uint8Array | null): unknown;
  destroy(): unknown;
  on(event: 'close' | 'drain', listener: () => void): unknown;
}

/** A fetch handler that takes what {@link createRequestListener} passes after the request, or less. */
export type NodeHandler<Incoming, Outgoing> = (
  request: Request,
  context: { req: Incoming; res: Outgoing },
  fetchAPI: FetchAPI,
) => Response | Promise<Response>;

const fetchAPI: FetchAPI = { Response: NodeResponse as unknown as FetchAPI['Response'] };

/**
 * Serves a fetch handler with `node:http` or `node:https`. After the request the handler is passed Node's own objects,
 * `{ req, res }`, and the `Response` class whose answers are sent without a detour: that of `createFetchHandler` takes it.
 *
 * Requests and answers are views of what Node has, and become those of the global classes when something is asked of them
 * that GraphQL does without. They are `instanceof` those; where only a global one will do, as in `new Request(request)`
 * and `fetch(request)`, pass `request.clone()`.
 *
 * A handler that rejects, as that of `createFetchHandler` never does, is answered 500 without a body, and logged.
 *
 * @see https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener
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
// A handler that asks for an `IncomingMessage`, or for a `ServerResponse`, itself.
export function createRequestListener<Incoming extends NodeIncoming, Outgoing extends NodeOutgoing>(
  handler: NodeHandler<Incoming, Outgoing>,
): (req: Incoming, res: Outgoing) => Promise<void>;
export function createRequestListener(
  handler: NodeHandler<NodeIncoming, NodeOutgoing>,
): (req: NodeIncoming, res: NodeOutgoing) => Promise<void> {
  return async function requestListener(req, res) {
    try {
      const request = new NodeRequest(req, res) as unknown as Request;
      await send(await handler(request, { req, res }, fetchAPI), req, res);
    } catch (error) {
      console.error(error);
      breakOff(res);
    }
  };
}

async function send(response: Response, req: NodeIncoming, res: NodeOutgoing): Promise<void> {
  const { status, headers, body } = partsOf(response);
  const reader = isStream(body) ? body.getReader() : undefined;
  const isHead = req.method === 'HEAD';
  try {
    res.writeHead(status, headers);
    if (reader !== undefined && !isHead) await pump(reader, res);
    res.end(isHead || isStream(body) ? null : body);
  } finally {
    // What has come to its end is not touched by it.
    reader?.cancel().catch(() => {});
  }
}

/** By what they have, and not by their class: every bridge and every polyfill brings its own. */
function partsOf(response: Response): Parts {
  if (response instanceof NodeResponse) return response.parts;
  const { status, headers, body } = response;
  return { status, headers: [...headers].flat(), body };
}

function isStream(body: Parts['body']): body is ReadableStream<Uint8Array> {
  return typeof (body as Partial<ReadableStream> | null)?.getReader === 'function';
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, res: NodeOutgoing): Promise<void> {
  let onDrain = () => {};
  function onClose(): void {
    onDrain();
    // What a source has to say of its end, it has said where it was made.
    reader.cancel().catch(() => {});
  }
  if (res.closed) onClose();
  res.on('close', onClose);
  res.on('drain', () => onDrain());
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!res.write(value) && !res.closed) {
      await new Promise<void>((resolve) => {
        onDrain = resolve;
      });
    }
  }
}

/** What has begun can only be broken off. */
function breakOff(res: NodeOutgoing): void {
  if (res.headersSent) {
    res.destroy();
  } else {
    res.writeHead(500);
    res.end();
  }
}
