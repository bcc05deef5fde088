import {
  type BaseContext,
  type GraphQLRequestContext,
  type GraphQLResponse,
  HeaderMap,
  type HTTPGraphQLHead,
  type HTTPGraphQLRequest,
} from '@apollo/server';
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { internalServerError, publicError } from '../core/error.ts';
import type { Exchange } from '../core/exchange.ts';
import { logSafely } from '../core/log.ts';
import type { Accepted } from './accept.ts';

type Logger = GraphQLRequestContext<BaseContext>['logger'];

/** A request that `createFetchHandler` has made. */
export interface Call {
  readonly http: HTTPGraphQLRequest;
  readonly exchange: Exchange<Request>;
  /** What its client accepts. */
  readonly accepted: Accepted;
}

/** Responds with errors instead of events. The errors may choose the status and headers. */
export async function respondWithErrors(
  errors: readonly GraphQLError[],
  call: Call,
  logger: Logger,
): Promise<GraphQLResponse> {
  const http: HTTPGraphQLHead = { headers: new HeaderMap() };
  for (const { extensions } of errors) {
    const { status, headers }: Partial<HTTPGraphQLHead> = Object(extensions.http);
    if (status !== undefined) http.status = status;
    if (headers !== undefined) for (const [name, value] of headers) http.headers.set(name, value);
  }
  if (call.accepted.graphQLResponse) http.status ??= errors.some(isFault) ? 500 : 400;
  const formatted = await Promise.all(errors.map((error) => formatError(error, call, logger)));
  return { http, body: { kind: 'single', singleResult: { errors: formatted } } };
}

/** Whether the client has not caused the error: it is no `GraphQLError`, or says so itself. */
function isFault(error: GraphQLError): boolean {
  const { code } = publicError(error.originalError ?? error).extensions;
  return code === internalServerError().extensions.code;
}

/** Writes an event as JSON, with its members in Apollo's order. One without errors is written at once. */
export function print(result: ExecutionResult, call: Call, logger: Logger): string | Promise<string> {
  if (result.errors !== undefined) return printErrors(result, result.errors, call, logger);
  try {
    return stringify(result);
  } catch (error) {
    return printFault(error, call, logger);
  }
}

async function printErrors(
  result: ExecutionResult,
  errors: readonly GraphQLError[],
  call: Call,
  logger: Logger,
): Promise<string> {
  const formatted = await Promise.all(errors.map((error) => formatError(error, call, logger)));
  try {
    return stringify(result, formatted);
  } catch (error) {
    return await printFault(error, call, logger);
  }
}

function stringify({ data, extensions }: ExecutionResult, errors?: readonly GraphQLFormattedError[]): string {
  return JSON.stringify({ errors, data, extensions });
}

/** A scalar has returned a value that JSON cannot hold. The subscription goes on with the next event. */
async function printFault(error: unknown, call: Call, logger: Logger): Promise<string> {
  logSafely(() => logger.error(error));
  return JSON.stringify({ errors: [await formatError(internalServerError(), call, logger)], data: null });
}

/** Writes the error of a source that has failed as a JSON list. */
export async function printFailure(error: unknown, call: Call, logger: Logger): Promise<string> {
  const shown = publicError(error);
  if (shown !== error) logSafely(() => logger.error(error));
  const { message, extensions } = await formatError(shown, call, logger);
  return JSON.stringify([{ message, extensions }]);
}

/**
 * Formats an error with the server's own `formatError` and stack trace setting. Apollo has no hook for this. But it
 * formats an error that a request throws while Apollo reads it, and it calls no hook of that request.
 */
async function formatError(
  error: GraphQLError,
  { http, exchange }: Call,
  logger: Logger,
): Promise<GraphQLFormattedError> {
  const httpGraphQLRequest: HTTPGraphQLRequest = {
    method: 'POST',
    // These headers have already passed CSRF prevention.
    headers: http.headers,
    search: '',
    get body(): unknown {
      throw error;
    },
  };
  try {
    const response = await exchange.server?.executeHTTPGraphQLRequest({
      httpGraphQLRequest,
      context: async () => ({}) as never,
    });
    const { errors } = JSON.parse(response?.body.kind === 'complete' ? response.body.string : '');
    return errors[0];
  } catch (cause) {
    logSafely(() => logger.error(cause));
    return internalServerError().toJSON();
  }
}
