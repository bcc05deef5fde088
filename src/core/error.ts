import type { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError } from 'graphql';

/** Held to Apollo's by its type, so that nothing is imported for two words. */
type Code = `${ApolloServerErrorCode}`;

/**
 * A client's mistake that Apollo has no words for. Thrown where Apollo reads the request, so that it travels through
 * `invalidRequestWasReceived`, `formatError`, `Accept` negotiation and `stringifyResult` like Apollo's own.
 */
export function badRequest(message: string, status = 400): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'BAD_REQUEST' satisfies Code, http: { status } },
  });
}

/** What a client is told of a fault that is not its own: nothing but that there was one. */
export function internalServerError(): GraphQLError {
  return new GraphQLError('Internal server error', {
    extensions: { code: 'INTERNAL_SERVER_ERROR' satisfies Code },
  });
}

/** What a client is told of an error: of its own mistakes all, of any other fault only that there was one. */
export function publicError(error: unknown): GraphQLError {
  return error instanceof GraphQLError ? error : internalServerError();
}
