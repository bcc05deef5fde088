import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { createRequestListener } from 'apollo-server-integration-fetch/node';
import { serve } from 'micro';

const server = new ApolloServer({
  typeDefs: 'type Query { hello: String }',
  resolvers: { Query: { hello: () => 'world' } },
});
const handler = createFetchHandler(server);

createServer(serve(createRequestListener(handler))).listen(Number(process.env.PORT));
