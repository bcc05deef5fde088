import type { GraphQLError } from 'graphql';

/** The key of the error that `./deadline` sets on a request whose client has its response already. */
export const abandoned: unique symbol = Symbol();

export interface Abandonable {
  [abandoned]?: GraphQLError;
}

/**
 * Keeps an operation from beginning whose client has its response already. If other clients wait for the response too,
 * `./http-cache` keeps the signal from aborting, and the operation goes on.
 *
 * @throws GraphQLError that nobody gets.
 */
export function checkAbandoned(request: Request & Abandonable): void {
  if (request[abandoned] && request.signal.aborted) throw request[abandoned];
}
