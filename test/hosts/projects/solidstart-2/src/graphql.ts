import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';

const server = new ApolloServer({
  typeDefs: 'type Query { hello: String }',
  resolvers: { Query: { hello: () => 'world' } },
});
export const handler = createFetchHandler(server);
