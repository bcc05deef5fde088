import { waitUntil } from 'cloudflare:workers';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginUsageReporting } from '@apollo/server/plugin/usageReporting';
import { execute } from '@graphql-tools/executor';
import { createFetchHandler } from '../../src/index.ts';

interface Env {
  /** The URL that receives the usage reports and the cache entries. */
  readonly SINK: string;
}

/** Keeps the invocation alive until the work is done. */
function held<T>(work: Promise<T>): Promise<T> {
  waitUntil(work);
  return work;
}

export default {
  fetch: createFetchHandler(
    ({ SINK }: Env) =>
      new ApolloServer({
        typeDefs: `
          directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
          type Query { fast: String, slow: String }
        `,
        resolvers: {
          Query: { fast: () => 'now', slow: () => new Promise((resolve) => setTimeout(resolve, 20, 'later')) },
        },
        legacyExperimentalExecuteIncrementally: execute,
        apollo: { key: 'service:after:key', graphRef: 'after@current' },
        cache: {
          get: async () => undefined,
          delete: async () => {},
          set: (key, value) => held(store(SINK, key, value)),
        },
        plugins: [
          ApolloServerPluginUsageReporting({
            sendReportsImmediately: true,
            endpointUrl: SINK,
            fetcher: (url, init) => held(fetch(url, init as RequestInit)),
          }),
        ],
      }),
  ),
} satisfies ExportedHandler<Env>;

/** A cache write that ends only after the response to its second request. */
async function store(sink: string, key: string, value: string): Promise<void> {
  await fetch(`${sink}/lock`, { method: 'POST' });
  await fetch(`${sink}/cache/${key}`, { method: 'PUT', body: value });
}
