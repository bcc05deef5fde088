import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { createRouter } from '@remix-run/fetch-router';
import { createRequestListener } from '@remix-run/node-fetch-server';
import { createFetchHandler } from 'apollo-server-integration-fetch';

const server = new ApolloServer({
  typeDefs: 'type Query { hello: String }',
  resolvers: { Query: { hello: () => 'world' } },
});
const handler = createFetchHandler(server);

const router = createRouter();
router.map('/graphql', ({ request }) => handler(request));
createServer(createRequestListener(router.fetch)).listen(Number(process.env.PORT));
