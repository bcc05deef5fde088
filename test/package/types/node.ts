import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { ApolloServer } from '@apollo/server';
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server';
import { createServerAdapter, Response as WhatwgResponse } from '@whatwg-node/server';
import { createFetchHandler, type FetchAPI } from 'apollo-server-integration-fetch';
import { createRequestListener } from 'apollo-server-integration-fetch/node';
import { GraphQLUpload, multipart } from 'apollo-server-integration-fetch/uploads';
import { FastResponse } from 'srvx';

interface Context {
  from: string | undefined;
}
const typeDefs = 'type Query { hello: String }';

const handler = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, { req }: { req: IncomingMessage }) => ({ from: req.socket.remoteAddress }),
});
createServer(createRequestListener(handler)).listen(4000);
createHttpsServer(createRequestListener(handler)).listen(4000);
createServer(createRequestListener(createFetchHandler(new ApolloServer({ typeDefs })))).listen(4000);
createServer(
  createRequestListener(
    createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
      context: async (_argument, { req, res }: { req: IncomingMessage; res: ServerResponse }) => ({
        from: res.closed ? undefined : req.socket.remoteAddress,
      }),
    }),
  ),
).listen(4000);

createServer(createServerAdapter<{ req: IncomingMessage }>(handler)).listen(4000);
createServer(createServerAdapter(createFetchHandler(new ApolloServer({ typeDefs })))).listen(4000);

const ofBindings = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, { incoming }: HttpBindings | Http2Bindings) => ({ from: incoming.socket.remoteAddress }),
});
createServer(getRequestListener(ofBindings)).listen(4000);
createServer(getRequestListener(createFetchHandler(new ApolloServer({ typeDefs })))).listen(4000);

const ofFetchAPI = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, _fetchAPI: FetchAPI) => ({ from: '' }),
});

const ofString = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, from: string) => ({ from }),
});
// @ts-expect-error
createServerAdapter<{ req: IncomingMessage }>(ofString);
// @ts-expect-error
getRequestListener(ofString);
// @ts-expect-error
createRequestListener(ofString);

for (const Response of [WhatwgResponse, FastResponse, globalThis.Response]) {
  void ofFetchAPI(new Request('https://a.test'), { Response });
}
// @ts-expect-error
void ofFetchAPI(new Request('https://a.test'), { Response: Request });

export const uploads = createFetchHandler(new ApolloServer({ typeDefs, resolvers: { Upload: GraphQLUpload } }), {
  multipart: multipart({ maxFileBytes: 1_000_000, maxFiles: 1, maxTotalBytes: 2_000_000, requestHeaders: ['x-a'] }),
});
export const upload: File = GraphQLUpload.parseValue(new File([], 'a.txt'));
