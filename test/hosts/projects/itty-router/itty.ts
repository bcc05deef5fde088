import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { Router } from 'itty-router';

const server = new ApolloServer({
  typeDefs: 'type Query { hello: String }',
  resolvers: { Query: { hello: () => 'world' } },
});
const handler = createFetchHandler(server);

const router = Router();
router.all('/graphql', handler);

export default { fetch: router.fetch, port: Number(process.env.PORT) };
