import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { Hono } from 'hono';

interface Env {
  NAME: string;
}
const typeDefs = 'type Query { hello: String }';

const handler = createFetchHandler(new ApolloServer<{ name: string }>({ typeDefs }), {
  context: async (_argument, env: Env, _ctx: { waitUntil(promise: Promise<unknown>): void }) => ({ name: env.NAME }),
});
const plain = createFetchHandler(new ApolloServer({ typeDefs }));

export default new Hono<{ Bindings: Env }>()
  .all('/graphql', (c) => handler(c.req.raw, c.env, c.executionCtx))
  .all('/plain', (c) => plain(c.req.raw))
  // @ts-expect-error
  .all('/wrong', (c) => handler(c.req.raw, c.req, c.executionCtx));
