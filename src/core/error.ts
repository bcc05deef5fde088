import type { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError } from 'graphql';

/** Apollo's codes. Only their type is imported, because the module that exports them is not needed otherwise. */
type Code = `${ApolloServerErrorCode}`;

/**
 * A client's mistake that Apollo itself does not detect. It is thrown where Apollo reads the request, so that
 * `invalidRequestWasReceived`, `formatError`, `Accept` negotiation and `stringifyResult` apply as to Apollo's own
 * errors.
 */
export function badRequest(message: string, status = 400): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'BAD_REQUEST' satisfies Code, http: { status } },
  });
}

/** A fault that is not the client's. Its cause is only logged. */
export function internalServerError(): GraphQLError {
  return new GraphQLError('Internal server error', {
    extensions: { code: 'INTERNAL_SERVER_ERROR' satisfies Code },
  });
}

/** Returns what a client may know about an error: everything about its own mistake, and nothing about other faults. */
export function publicError(error: unknown): GraphQLError {
  return error instanceof GraphQLError ? error : internalServerError();
}
