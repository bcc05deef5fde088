import { createServer, type IncomingMessage } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { createServerAdapter } from '@whatwg-node/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';

interface Context {
  from: string | undefined;
}
const typeDefs = 'type Query { hello: String }';

const handler = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, { req }: { req: IncomingMessage }) => ({ from: req.socket.remoteAddress }),
});
createServer(createServerAdapter<{ req: IncomingMessage }>(handler)).listen(4000);
createServer(createServerAdapter(createFetchHandler(new ApolloServer({ typeDefs })))).listen(4000);

const ofString = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, from: string) => ({ from }),
});
// @ts-expect-error
createServerAdapter<{ req: IncomingMessage }>(ofString);
