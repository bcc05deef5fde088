import { type BaseContext, type GraphQLRequestListener, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { badRequest } from '../core/error.ts';
import { validationDidStart } from './validation.ts';

/** The hooks for a request that is part of a batch, or that `createFetchHandler` does not serve. */
export const unservedHooks: GraphQLRequestListener<BaseContext> = {
  validationDidStart,
  async didResolveOperation({ operation, requestIsBatched }) {
    if (operation?.operation !== 'subscription') return;
    if (requestIsBatched) throw badRequest('A subscription cannot be part of a batch.');
    throw refusal(501, 'NOT_IMPLEMENTED', 'Subscriptions are served by createFetchHandler alone.');
  },
};

export function notAcceptable(): GraphQLError {
  const message =
    'Subscriptions are sent as "multipart/mixed; subscriptionSpec=1.0" or as "text/event-stream". ' +
    'The Accept header must list one of them.';
  return refusal(406, 'BAD_REQUEST', message, [json]);
}

export function callbackUnavailable(): GraphQLError {
  const message = 'A callback URL needs ApolloServerPluginSubscriptionCallback, which this server does not have.';
  return refusal(406, 'BAD_REQUEST', message, [json]);
}

export function unavailable(): GraphQLError {
  return refusal(503, 'SERVICE_UNAVAILABLE', 'Too many subscriptions are open.', [json, ['retry-after', '5']]);
}

/** The content type of a response that is JSON whatever the client accepts. */
const json = ['content-type', 'application/json; charset=utf-8'] as const;

function refusal(
  status: number,
  code: string,
  message: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
): GraphQLError {
  const http: object = { status, headers: new HeaderMap(headers) };
  return new GraphQLError(message, { extensions: { code, http } });
}
