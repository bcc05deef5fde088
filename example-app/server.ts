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
 * Creates the whole application. The application does not depend on a runtime. Its store, hub, cache and caller do. The
 * cache keeps automatic persisted queries. Without a cache, each process keeps its own queries in memory.
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
    // Apollo sends stack traces to clients by default if NODE_ENV is not set, as on Workers, Deno and Bun.
    includeStacktraceInErrorResponses: false,
    // Every browser that opens the URL gets Apollo Sandbox, in production too, because this is a demonstration.
    plugins: [subscriptions(), ApolloServerPluginLandingPageLocalDefault()],
    introspection: true,
    // This function supports `@defer` and `@stream`. The `execute` function of stable graphql 16 supports neither.
    legacyExperimentalExecuteIncrementally: execute,
  });
}
