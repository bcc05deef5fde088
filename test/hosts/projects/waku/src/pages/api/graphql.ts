import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';

const server = new ApolloServer({
  typeDefs: 'type Query { hello: String }',
  resolvers: { Query: { hello: () => 'world' } },
});
const handler = createFetchHandler(server);

export const GET = (request: Request) => handler(request);
export const POST = GET;
export const HEAD = GET;
export const OPTIONS = GET;
