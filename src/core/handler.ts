import type { ApolloServer, BaseContext, HTTPGraphQLRequest } from '@apollo/server';
import { checkAbandoned } from './abandoned.ts';
import { readBody } from './body.ts';
import { partsOf } from './chunks.ts';
import { publicError } from './error.ts';
import { Exchange } from './exchange.ts';
import { checkNumber } from './limits.ts';
import { logSafely } from './log.ts';
import type { FetchHandler, FetchHandlerOptions } from './options.ts';
import { fetchAPIOf, waitUntil } from './platform.ts';
import { announceQuery, refuseMutations } from './query-method.ts';
import { ApolloRequest, checkHost, finishers } from './request.ts';
import { toErrorResponse, toResponse } from './response.ts';
import { createServerGetter, type ServerSource } from './start.ts';
import { streamChunks } from './stream.ts';

/**
 * Connects an Apollo Server to any runtime that speaks the Fetch API.
 *
 * Pass a server, started or not, or a function that creates one from the platform's arguments. The function may be
 * async. The first request calls it. If it or the start of its server fails, the next request calls it again. A server
 * that is not started yet is started in the background by the first request. The handler never stops a server.
 *
 * The handler never rejects. A request that is malformed, too large or in another charset or encoding gets the status
 * 400, 413 or 415 in the shape of a GraphQL response. A fault behind the handler is logged with `server.logger` and
 * gets the status 500 without its message.
 *
 * @param server The server, or a function that creates it from the platform's arguments.
 * @param options The context function, the limits, and what else the handler reads.
 * @returns The handler: `(request, ...platform) => Promise<Response>`.
 * @throws TypeError if `server` is neither an Apollo Server nor a function.
 * @throws RangeError if a limit is negative or not a number.
 * @throws Error if `queryMethod` is on and the server has started already.
 * @see https://www.apollographql.com/docs/apollo-server/integrations/building-integrations
 * @see https://graphql.github.io/graphql-over-http/draft/
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 *
 * const server = new ApolloServer<{ user: string | null }>({
 *   typeDefs: 'type Query { me: String }',
 *   resolvers: { Query: { me: (_parent, _args, { user }) => user } },
 * });
 *
 * export default {
 *   fetch: createFetchHandler(server, {
 *     context: async ({ request }) => ({ user: request.headers.get('x-user') }),
 *   }),
 * };
 * ```
 */
export function createFetchHandler<Platform extends unknown[] = unknown[], TRequest extends Request = Request>(
  server: ServerSource<BaseContext, Platform>,
  options?: FetchHandlerOptions<BaseContext, Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
export function createFetchHandler<
  TContext extends BaseContext,
  Platform extends unknown[],
  TRequest extends Request = Request,
>(
  server: ServerSource<TContext, Platform>,
  options: WithContext<TContext, Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
// For a factory that takes fewer of the platform's arguments than the context function.
export function createFetchHandler<
  TContext extends BaseContext,
  First extends unknown[],
  Platform extends [...First, ...unknown[]],
  TRequest extends Request = Request,
>(
  server: ServerSource<TContext, First>,
  options: WithContext<TContext, Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
export function createFetchHandler<
  TContext extends BaseContext,
  Platform extends unknown[],
  TRequest extends Request = Request,
>(
  source: ServerSource<TContext, Platform>,
  options: FetchHandlerOptions<TContext, Platform, TRequest> = {},
): FetchHandler<Platform, TRequest> {
  // The overloads require a context function unless the server's context is `BaseContext`, which is empty.
  const {
    context = async () => ({}) as TContext,
    maxBodyBytes = 1_048_576,
    maxBatchSize = 10,
    multipart,
    documents,
    queryMethod = false,
  } = options;
  const limits = { maxBodyBytes, maxBatchSize };
  checkNumber('maxBodyBytes', maxBodyBytes);
  checkNumber('maxBatchSize', maxBatchSize);
  const getServer = createServerGetter(source, queryMethod && refuseMutations);

  return async function handler(request, ...platform) {
    const exchange = new Exchange(request);
    const fetchAPI = fetchAPIOf(platform);
    let logger: Logger = console;

    try {
      const httpGraphQLRequest = new ApolloRequest(request, exchange, queryMethod);
      // https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7
      if (httpGraphQLRequest.method === 'OPTIONS') {
        const headers = new Headers({ allow: 'GET, POST, OPTIONS' });
        if (queryMethod) announceQuery(headers);
        return new fetchAPI.Response(null, { status: 204, headers });
      }
      let server = getServer(platform);
      if (server instanceof Promise) {
        waitUntil(platform, server);
        server = await server;
      }
      logger = server.logger;
      exchange.server = server;

      const execution = server.executeHTTPGraphQLRequest({
        httpGraphQLRequest,
        // Apollo calls this after CSRF prevention and before it reads `body`. So the body of a request that CSRF
        // prevention refuses is never read, and every other body is parsed in time.
        context: async () => {
          let body: unknown;
          try {
            checkAbandoned(request);
            checkHost(httpGraphQLRequest);
            body = await readBody(request, httpGraphQLRequest, limits, multipart);
            if (documents !== undefined) body = await documents(request, httpGraphQLRequest, body, ...platform);
          } catch (error) {
            refuse(httpGraphQLRequest, error, logger);
            return {} as TContext;
          }
          const contextValue = await context(exchange.argument(body), ...platform);
          httpGraphQLRequest.body = body;
          try {
            checkAbandoned(request);
          } catch (error) {
            refuse(httpGraphQLRequest, error, logger);
          }
          return contextValue;
        },
      });
      // Workers ends an invocation when its client disconnects. Then a server start that it began would never finish,
      // and a source that it opened would never be closed.
      waitUntil(platform, execution, logger);

      const result = await execution;
      finishers.get(server.cache)?.(result, httpGraphQLRequest);
      if (queryMethod) announceQuery(result.headers);
      let chunks = exchange.takeOver?.(result);
      if (chunks === undefined) {
        if (result.body.kind === 'complete') {
          exchange.done();
          exchange.observer?.onBody(result.body.string);
          return toResponse(result, result.body.string, exchange.addedHeaders, fetchAPI);
        }
        chunks = partsOf(result.body.asyncIterator);
      }
      const { stream, closed } = streamChunks(chunks, exchange, (error) => logSafely(() => logger.error(error)));
      waitUntil(platform, closed, logger);
      return toResponse(result, stream, exchange.addedHeaders, fetchAPI);
    } catch (error) {
      exchange.observer?.onFault();
      exchange.abort();
      logSafely(() => logger.error(error));
      return toErrorResponse(fetchAPI);
    }
  };
}

type WithContext<
  TContext extends BaseContext,
  Platform extends unknown[],
  TRequest extends Request,
> = FetchHandlerOptions<TContext, Platform, TRequest> &
  Required<Pick<FetchHandlerOptions<TContext, Platform, TRequest>, 'context'>>;

type Logger = Pick<ApolloServer['logger'], 'error'>;

/** Makes Apollo throw the error when it begins to read the request. So the error is handled like Apollo's own. */
function refuse(httpGraphQLRequest: HTTPGraphQLRequest, error: unknown, logger: Logger): void {
  const refusal = publicError(error);
  if (refusal !== error) logSafely(() => logger.error(error));
  Object.defineProperty(httpGraphQLRequest, 'method', {
    get() {
      throw refusal;
    },
  });
}
