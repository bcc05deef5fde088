/**
 * Stops queries whose client has left: `import { cancellation } from 'apollo-server-integration-fetch/cancellation'`.
 *
 * @module
 */
import type { ApolloServerPlugin } from '@apollo/server';

/** A context value with the `signal` that the context function was given. */
export interface CancellationContext {
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/**
 * Stops the execution of a query whose client has disconnected. Once the context value's `signal` is aborted, no
 * further resolver is started. A resolver that is running is not interrupted. To interrupt it, pass the signal to
 * `fetch` and the like.
 *
 * A mutation runs to its end, because half a change is worse than one that nobody waits for.
 *
 * The plugin makes Apollo wrap all resolvers of the schema, which costs time for each field. Use it where queries are
 * deep or slow, and not where responses take a few milliseconds.
 *
 * @returns A plugin of the server.
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
