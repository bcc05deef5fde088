import type { HTTPGraphQLRequest } from '@apollo/server';
import { ApolloRequest } from '../core/request.ts';
import { removeTargeted } from '../shared/targeted.ts';

/**
 * Lets no cache keep the response, whatever plugins and the context function say. A cache would serve it to everybody:
 * the key of a GET holds the text of the operation, and not who sent it.
 */
export function forbidCaching(httpRequest: HTTPGraphQLRequest): void {
  const exchange = ApolloRequest.exchangeOf(httpRequest);
  if (exchange === undefined) return;
  exchange.takeOver = ({ headers }) => {
    const { responseHeaders } = exchange;
    removeTargeted(headers);
    removeTargeted(responseHeaders);
    responseHeaders.set('cache-control', 'no-store');
    return undefined;
  };
}
