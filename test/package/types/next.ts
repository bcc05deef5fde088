import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import type { NextRequest } from 'next/server';

interface Context {
  tenant: string;
}
const typeDefs = 'type Query { hello: String }';

/** What `next build` checks the exports of a route file against. */
interface Route {
  GET: (request: NextRequest, context: { params: Promise<{ tenant: string }> }) => Response | Promise<Response>;
  POST: Route['GET'];
  OPTIONS: Route['GET'];
}

const handler = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, { params }: { params: Promise<{ tenant: string }> }) => ({
    tenant: (await params).tenant,
  }),
});
export const route: Route = { GET: handler, POST: handler, OPTIONS: handler };

const plain = createFetchHandler(new ApolloServer({ typeDefs }));
export const plainRoute: Route = { GET: plain, POST: plain, OPTIONS: plain };

const other = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, { params }: { params: Promise<{ shop: string }> }) => ({ tenant: (await params).shop }),
});
// @ts-expect-error
export const wrongParams: Route['GET'] = other;
