import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { createRequestListener } from 'apollo-server-integration-fetch/node';
import polka from 'polka';

const server = new ApolloServer({
  typeDefs: 'type Query { hello: String }',
  resolvers: { Query: { hello: () => 'world' } },
});
const handler = createFetchHandler(server);

polka().all('/graphql', createRequestListener(handler)).listen(Number(process.env.PORT));
