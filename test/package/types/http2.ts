import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import {
  createRequestListener,
  type NodeIncoming,
  type NodeOutgoing,
  toRequest,
} from 'apollo-server-integration-fetch/node';

const handler = async (request: Request): Promise<Response> => new Response(request.url);

createServer(createRequestListener(handler)).listen(4000);
createHttp2Server(createRequestListener(handler)).listen(4000);
createSecureServer({ allowHTTP1: true }, createRequestListener(handler)).listen(4000);
createHttp2Server(
  createRequestListener(
    async (request: Request, { req, res }: { req: Http2ServerRequest; res: Http2ServerResponse }): Promise<Response> =>
      new Response(`${request.url} ${req.authority} ${res.stream.id}`),
  ),
).listen(4000);

export const ofHttp = (req: IncomingMessage, res: ServerResponse): Request => toRequest(req, res);
export const ofHttp2 = (req: Http2ServerRequest, res: Http2ServerResponse): Request => toRequest(req, res);
export const incoming = (req: IncomingMessage | Http2ServerRequest): NodeIncoming => req;
export const outgoing = (res: ServerResponse | Http2ServerResponse): NodeOutgoing => res;

// @ts-expect-error
toRequest(new Request('http://localhost/'), new Response());
