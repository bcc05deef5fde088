import type { ApolloServer, BaseContext, HTTPGraphQLRequest } from '@apollo/server';
import { readBody } from './body.ts';
import { publicError } from './error.ts';
import { Exchange } from './exchange.ts';
import type { FetchHandler, FetchHandlerOptions } from './options.ts';
import { fetchAPIOf, waitUntil } from './platform.ts';
import { toHTTPGraphQLRequest } from './request.ts';
import { toErrorResponse, toResponse } from './response.ts';
import { createServerGetter, type ServerSource } from './start.ts';
import { streamChunks } from './stream.ts';

/**
 * Connects an Apollo Server to any runtime that speaks the Fetch API.
 *
 * Pass a server, started or not, or a function of the platform's arguments that makes one: it is called at the first
 * request, and again after a start that failed. A server that nobody started is started in the background by the
 * first request. The handler never stops a server.
 *
 * The handler never rejects. A malformed, too large or wrongly typed request is answered 400, 413 or 415 in the shape
 * of a GraphQL response; a fault behind the handler is logged with `server.logger` and answered 500 without its
 * message.
 *
 * @throws RangeError if a limit is not a number from 0 up.
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
export function createFetchHandler<Platform extends unknown[] = unknown[]>(
  server: ServerSource<BaseContext, Platform>,
  options?: FetchHandlerOptions<BaseContext, Platform>,
): FetchHandler<Platform>;
export function createFetchHandler<TContext extends BaseContext, Platform extends unknown[]>(
  server: ServerSource<TContext, Platform>,
  options: WithContext<TContext, Platform>,
): FetchHandler<Platform>;
// A factory that takes fewer of the platform's arguments than the context function.
export function createFetchHandler<
  TContext extends BaseContext,
  First extends unknown[],
  Platform extends [...First, ...unknown[]],
>(server: ServerSource<TContext, First>, options: WithContext<TContext, Platform>): FetchHandler<Platform>;
export function createFetchHandler<TContext extends BaseContext, Platform extends unknown[]>(
  source: ServerSource<TContext, Platform>,
  options: FetchHandlerOptions<TContext, Platform> = {},
): FetchHandler<Platform> {
  // The overloads let only servers of a `BaseContext`, which is empty, go without a context function.
  const { context = async () => ({}) as TContext, maxBodyBytes = 1_048_576, maxBatchSize = 10 } = options;
  const limits = { maxBodyBytes, maxBatchSize };
  // A limit that is no number would be no limit: every comparison with it is false.
  if (!(maxBodyBytes >= 0 && maxBatchSize >= 0)) {
    throw new RangeError('Invalid maxBodyBytes or maxBatchSize');
  }
  const getServer = createServerGetter(source);

  return async function handler(request, ...platform) {
    const exchange = new Exchange(request);
    const { fetchAPI = fetchAPIOf(platform) } = options;
    let logger: Logger = console;

    try {
      const server = getServer(platform);
      logger = server.logger;
      const httpGraphQLRequest = toHTTPGraphQLRequest(request);

      const execution = server.executeHTTPGraphQLRequest({
        httpGraphQLRequest,
        // Called after the CSRF check, so a request that it refuses is never read.
        context: async () => {
          try {
            exchange.body = await readBody(request, httpGraphQLRequest, limits);
          } catch (error) {
            refuseBody(httpGraphQLRequest, error, logger);
            return {} as TContext;
          }
          httpGraphQLRequest.body = exchange.body;
          return context(exchange, ...platform);
        },
      });
      // A runtime may end a request whose client has left: then a start that it began would never finish, and a source
      // that it opened would never be closed.
      waitUntil(platform, execution);

      const answer = await execution;
      if (answer.body.kind === 'complete') {
        exchange.done();
        return toResponse(answer, answer.body.string, exchange.addedHeaders, fetchAPI);
      }
      const { stream, closed } = streamChunks(answer.body.asyncIterator, exchange, (error) => logError(logger, error));
      waitUntil(platform, closed);
      // Unless told that there is an encoding, a proxy that compresses holds the parts back: wrangler's does.
      answer.headers.set('content-encoding', 'identity');
      return toResponse(answer, stream, exchange.addedHeaders, fetchAPI);
    } catch (error) {
      exchange.abort();
      logError(logger, error);
      return toErrorResponse(fetchAPI);
    }
  };
}

type WithContext<TContext extends BaseContext, Platform extends unknown[]> = FetchHandlerOptions<TContext, Platform> &
  Required<Pick<FetchHandlerOptions<TContext, Platform>, 'context'>>;

type Logger = Pick<ApolloServer['logger'], 'error'>;

/** Makes Apollo meet the error where it reads the body: there it is handled like Apollo's own refusals. */
function refuseBody(httpGraphQLRequest: HTTPGraphQLRequest, error: unknown, logger: Logger): void {
  const refusal = publicError(error);
  if (refusal !== error) logError(logger, error);
  Object.defineProperty(httpGraphQLRequest, 'body', {
    get() {
      throw refusal;
    },
  });
}

function logError(logger: Logger, error: unknown): void {
  try {
    logger.error(error);
  } catch {
    // A logger that throws must not take the answer with it.
  }
}
