import { ApolloServer, type ApolloServerOptions } from '@apollo/server';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { execute } from '@graphql-tools/executor';
import { subscriptions } from 'apollo-server-integration-fetch/subscriptions';
import type { Context } from './context.ts';
import type { Hub } from './hub.ts';
import { createResolvers } from './resolvers.ts';
import { typeDefs } from './schema.ts';
import { type Store, withFirstBook } from './store.ts';

/**
 * The whole application. It does not know which runtime it is on: that is for its store, its hub, its cache and its caller.
 * The cache keeps automatic persisted queries. Without one, each process keeps its own in memory.
 */
export function createServer(
  store: Store,
  hub: Hub,
  cache: ApolloServerOptions<Context>['cache'] = 'bounded',
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    typeDefs,
    resolvers: createResolvers(withFirstBook(store), hub),
    cache,
    // A day, in seconds. Any client can register a query, and without a TTL the cache would keep it for ever.
    persistedQueries: { ttl: 86_400 },
    // Without it Apollo sends stack traces to clients wherever NODE_ENV is not set: Workers, Deno and Bun.
    includeStacktraceInErrorResponses: false,
    // Apollo Sandbox for every browser that opens the URL, in production too: this is a demonstration.
    plugins: [subscriptions(), ApolloServerPluginLandingPageLocalDefault()],
    introspection: true,
    // `@defer` and `@stream` on stable graphql 16, whose own `execute` knows neither.
    legacyExperimentalExecuteIncrementally: execute,
  });
}
