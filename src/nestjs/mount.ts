import type { HttpAdapterHost } from '@nestjs/core';
import type { FetchAPI, FetchHandler } from '../core/options.ts';
import { NodeResponse } from '../node/response.ts';
import { createRequestListener, type NodeIncoming, type NodeOutgoing, toRequest } from '../node.ts';

type HttpAdapter = HttpAdapterHost['httpAdapter'];

interface FastifyScope {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: '*',
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): void;
  all(path: string, serve: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): void;
}

interface FastifyRequest {
  readonly raw: NodeIncoming;
}

interface FastifyReply {
  readonly raw: NodeOutgoing;
  code(status: number): this;
  headers(headers: object): this;
}

const fetchAPI: FetchAPI = { Response: NodeResponse as unknown as FetchAPI['Response'] };

/** Serves a path of the application. The handler gets the request and the response of the framework. */
export async function mount(adapter: HttpAdapter, path: string, handler: FetchHandler<unknown[]>): Promise<void> {
  if (adapter.getType() !== 'fastify') {
    adapter.all(path, createRequestListener(handler));
    return;
  }
  await adapter.getInstance().register(async (scope: FastifyScope) => {
    // The handler reads the body.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.all(path, async (request, reply) => {
      const context = { req: request, res: reply };
      return payloadOf(await handler(toRequest(request.raw, reply.raw), context, fetchAPI), reply);
    });
  });
}

/**
 * Returns what Fastify sends, so that its hooks run, such as those that store a session. Not `reply.send()`: an `async`
 * function that returns a reply waits until it is sent, for which Fastify adds listeners to each response.
 */
function payloadOf(response: Response, reply: FastifyReply): unknown {
  if (!(response instanceof NodeResponse)) return response;
  const { status, headers, body } = response.parts;
  if (typeof body !== 'string') return response;
  reply.code(status).headers(headers);
  return body;
}

/** Accepts no more connections, and settles when the last response is sent. */
export async function closeServer(adapter: HttpAdapter | undefined): Promise<void> {
  const server = adapter?.getHttpServer();
  // An application that was initialized, and has never listened, has a server too.
  if (server?.listening) await new Promise((resolve) => server.close(resolve));
}
