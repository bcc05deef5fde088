import type { ApolloServerPlugin } from '@apollo/server';

/** A context value that carries the `signal` which the context function was given. */
export interface CancellationContext {
  readonly signal: AbortSignal;
}

/**
 * Stops the execution of a query whose client has left: once the context value's `signal` is aborted, no further
 * resolver is started. What is running is not interrupted: pass the signal on to `fetch` and the like for that.
 *
 * A mutation is left to run to its end: half a change is worse than one that nobody waits for.
 *
 * It costs: Apollo calls the plugin for each field, and for that wraps all resolvers of the schema. So it pays where
 * queries are deep or slow and clients impatient, and not where answers take a few milliseconds.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { type CancellationContext, cancellation } from 'apollo-server-integration-fetch/cancellation';
 *
 * const server = new ApolloServer<CancellationContext>({
 *   typeDefs: 'type Query { weather: String }',
 *   resolvers: {
 *     Query: {
 *       weather: async (_parent, _args, { signal }) => (await fetch('https://example.com', { signal })).text(),
 *     },
 *   },
 *   plugins: [cancellation()],
 * });
 *
 * export default {
 *   fetch: createFetchHandler(server, { context: async ({ signal }) => ({ signal }) }),
 * };
 * ```
 */
export function cancellation(): ApolloServerPlugin<CancellationContext> {
  return {
    async requestDidStart({ contextValue: { signal } }) {
      return {
        async executionDidStart({ operation }) {
          if (operation.operation === 'mutation') return undefined;
          return {
            willResolveField() {
              signal.throwIfAborted();
            },
          };
        },
      };
    },
  };
}
