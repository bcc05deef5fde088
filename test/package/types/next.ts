import { ApolloServer } from '@apollo/server';
import { createFetchHandler, type FetchContextFunctionArgument } from 'apollo-server-integration-fetch';
import { cors } from 'apollo-server-integration-fetch/cors';
import { deadline } from 'apollo-server-integration-fetch/deadline';
import { drain } from 'apollo-server-integration-fetch/drain';
import { httpCache } from 'apollo-server-integration-fetch/http-cache';
import type { NextRequest } from 'next/server';

interface Context {
  tenant: string;
}
const typeDefs = 'type Query { hello: String }';

/** The type that `next build` checks the exports of a route file against. */
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

/** The request may be annotated as Next.js passes it. */
const withNextRequest = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (
    { request, signal }: { request: NextRequest; signal: AbortSignal },
    { params }: { params: Promise<{ tenant: string }> },
  ) => {
    signal.throwIfAborted();
    return { tenant: `${(await params).tenant} ${request.cookies.get('a')?.value} ${request.nextUrl.pathname}` };
  },
});
export const nextRequestRoute: Route = { GET: withNextRequest, POST: withNextRequest, OPTIONS: withNextRequest };

const wrapped = drain(
  cors(deadline(withNextRequest, { maxMillis: 10_000 }), {
    origin: (_origin, request) => request.nextUrl.pathname === '/graphql',
  }),
  { server: new ApolloServer({ typeDefs }), close() {} },
);
const cached = httpCache(wrapped, { bypass: (request) => request.nextUrl.pathname !== '/graphql' });
export const cachedRoute: Route = { GET: cached, POST: cached, OPTIONS: cached };
export const wrappedRoute: Route = { GET: wrapped, POST: wrapped, OPTIONS: wrapped };

createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (argument: FetchContextFunctionArgument<NextRequest>) => ({ tenant: argument.request.nextUrl.host }),
});

// @ts-expect-error The handler needs what its context function needs.
void withNextRequest(new Request('http://a.test/'), { params: Promise.resolve({ tenant: 'a' }) });
