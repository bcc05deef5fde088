import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError } from 'graphql';

/**
 * A client's mistake that Apollo has no words for. Thrown where Apollo reads the request, so that it travels through
 * `invalidRequestWasReceived`, `formatError`, `Accept` negotiation and `stringifyResult` like Apollo's own.
 */
export function badRequest(message: string, status = 400): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status } },
  });
}

/** What a client is told of a fault that is not its own: nothing but that there was one. */
export function internalServerError(): GraphQLError {
  return new GraphQLError('Internal server error', {
    extensions: { code: ApolloServerErrorCode.INTERNAL_SERVER_ERROR },
  });
}
