import type { ApolloServerPlugin, HTTPGraphQLRequest } from '@apollo/server';
import { badRequest } from './error.ts';
import type { ApolloRequest } from './request.ts';

/**
 * Refuses to execute a mutation that came by QUERY. Apollo sees a POST, so it would execute it. Only here is the
 * operation known, whether its text came with the request, from a cache, or as part of a batch.
 */
export const refuseMutations: ApolloServerPlugin = {
  requestDidStart: async ({ request: { http } }) => ({
    async didResolveOperation({ operation }) {
      if (operation?.operation === 'mutation' && (http as Partial<ApolloRequest> | undefined)?.isQuery) {
        // The status of https://github.com/graphql/graphql-over-http/pull/411, which may change.
        throw badRequest('QUERY executes no mutations.', 422);
      }
    },
  }),
};

/**
 * Says that QUERY is supported, and for which media type.
 *
 * @see https://www.rfc-editor.org/rfc/rfc10008
 */
export function announceQuery(headers: Headers | HTTPGraphQLRequest['headers']): void {
  headers.set('accept-query', 'application/json');
  const allow = headers.get('allow');
  // After a mutation by GET, only POST is allowed.
  if (allow?.startsWith('GET')) headers.set('allow', `QUERY, ${allow}`);
}
