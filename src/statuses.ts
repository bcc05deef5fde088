/**
 * The statuses of the newest draft of GraphQL over HTTP: `import { statuses } from
 * 'apollo-server-integration-fetch/statuses'`.
 *
 * @module
 */
import type { ApolloServerPlugin, HTTPGraphQLRequest, HTTPGraphQLResponse } from '@apollo/server';
import { type ApolloRequest, finishers } from './core/request.ts';
import { Outcome } from './statuses/outcome.ts';
import { statusOfRefusal } from './statuses/refusal.ts';

/** The requests that Apollo has begun to process. Shared, because servers may share the key of their finisher. */
const outcomes = new WeakMap<HTTPGraphQLRequest, Outcome>();

/**
 * A plugin that gives responses of the media type `application/graphql-response+json` the statuses of the newest draft
 * of GraphQL over HTTP, where Apollo Server has those of an older one:
 *
 * - 294 for data with errors, even if the data is `null`. Apollo Server has 200.
 * - 422 for a request that is understood and not executed: its parameters have the wrong types or are missing, its
 *   document is not valid, its operation is unknown or ambiguous, or its variables are wrong. Apollo Server has 400.
 * - 415 for a media type that is not supported. Apollo Server has 400.
 *
 * JSON and documents that do not parse keep the status 400. A status that a plugin, a resolver, the context function or
 * a validation rule has set is never replaced. Responses in `application/json` keep Apollo's statuses, and so do
 * batches, streams and persisted queries that are not found.
 *
 * Experimental, because the draft may still change. It affects only responses of `createFetchHandler`. Servers that
 * share a `cache` should share this plugin too.
 *
 * @returns The plugin.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Status-Codes
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { statuses } from 'apollo-server-integration-fetch/statuses';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }', plugins: [statuses()] });
 * export const handler = createFetchHandler(server);
 * ```
 */
export function statuses(): ApolloServerPlugin {
  return {
    async serverWillStart({ cache }) {
      finishers.set(cache, finish);
    },
    async requestDidStart(context) {
      const { http } = context.request;
      // The operations of a batch share one status.
      if (http === undefined || context.requestIsBatched) return undefined;
      const outcome = new Outcome(context);
      outcomes.set(http, outcome);
      return {
        async didEncounterErrors() {
          outcome.watch();
        },
      };
    },
  };
}

function finish(response: HTTPGraphQLResponse, request: ApolloRequest): void {
  const contentType = response.headers.get('content-type') ?? '';
  if (!contentType.startsWith('application/graphql-response+json')) return;
  const outcome = outcomes.get(request);
  const status = outcome === undefined ? statusOfRefusal(request, response) : outcome.status;
  if (status !== undefined) response.status = status;
}
