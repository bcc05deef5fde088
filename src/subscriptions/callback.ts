import type { BaseContext, GraphQLRequest, GraphQLRequestContext, GraphQLRequestListener } from '@apollo/server';
import { callbackUnavailable } from './refusals.ts';
import { validationDidStart } from './validation.ts';

/**
 * Whether a router asks for the events at a URL of its own. `ApolloServerPluginSubscriptionCallback` serves such a
 * subscription, and begins to send events whatever the response is.
 *
 * @see https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/callback-protocol
 */
export function hasCallback({ extensions }: GraphQLRequest): boolean {
  const { callbackUrl, callback_url } = Object(extensions?.subscription);
  return Boolean(callbackUrl || callback_url);
}

/** Leaves a request to Apollo's plugin, and refuses it if there is no such plugin. */
export const callbackHooks: GraphQLRequestListener<BaseContext> = {
  validationDidStart,
  async executionDidStart(context) {
    // Apollo executes only what no plugin has responded to. It would execute the subscription like a query.
    if (context.operation?.operation === 'subscription') refuseExecution(context, callbackUnavailable());
  },
};

/** No hook can refuse an execution. Apollo responds with the error that it meets when it reads the document. */
function refuseExecution(context: GraphQLRequestContext<BaseContext>, error: Error): void {
  const { document } = context;
  Object.defineProperty(context, 'document', {
    configurable: true,
    enumerable: true,
    get() {
      Object.defineProperty(context, 'document', { value: document, writable: true });
      throw error;
    },
  });
}
