/**
 * Reports how each request ended: `import { observe } from 'apollo-server-integration-fetch/observe'`.
 *
 * @module
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { logSafely } from './core/log.ts';
import type { FetchHandler } from './core/options.ts';
import { waitUntil } from './core/platform.ts';
import { observeRequest, type RequestReport } from './shared/observed.ts';
import { type ObservedServer, observeOperations, operationsPlugin } from './shared/operations.ts';

export type { ObservedServer, RequestReport };

/** Options of `observe`. */
export interface ObserveOptions<Platform extends unknown[], TRequest extends Request = Request> {
  /**
   * The server behind the handler. It must not have been started yet, because `observe` adds a plugin to it. Leave it
   * out for a server that a function creates, and give that server {@link observePlugin}.
   *
   * @default undefined
   */
  readonly server?: ObservedServer;
  /**
   * Called exactly once for each request, when its response is over, with the report, the request and what the platform
   * passes after it. The body of the request has been read. If the function throws or rejects, the error is logged.
   * Where a platform ends with its response, a promise that it returns is held with `waitUntil`.
   */
  readonly onEnd: (report: RequestReport, request: TRequest, ...platform: Platform) => unknown;
}

/**
 * Calls back when the response to a request is over, with how it ended: a stream that was read to its end, left by its
 * client after its third part, or broken by its source. Each request has exactly one report, whatever becomes of it:
 * refused requests, batches, preflights and responses of a cache too.
 *
 * A response that is no stream is over when the handler returns it. The errors are those that the client gets, after
 * `formatError`. Without `server` and without the plugin, reports lack `operationName` and `operationType`.
 *
 * A client that leaves is noticed at once in a stream, and after 20 milliseconds before a response. If the response is
 * ready sooner, it counts as complete. Deno prints a warning when a signal is first read, unless it runs with
 * `--unstable-no-legacy-abort`.
 *
 * @param handler The handler to wrap. `drain` belongs around this wrapper, and everything else inside it.
 * @param options The server, and what to call.
 * @returns A handler of the same kind.
 * @throws Error if the server has started already.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { observe } from 'apollo-server-integration-fetch/observe';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * export default {
 *   fetch: observe(createFetchHandler(server), {
 *     server,
 *     onEnd: (report) => console.log(JSON.stringify(report)),
 *   }),
 * };
 * ```
 */
export function observe<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  { server, onEnd }: ObserveOptions<Platform, TRequest>,
): FetchHandler<Platform, TRequest> {
  if (server !== undefined) observeOperations(server);
  const logger = server?.logger ?? console;

  return function observeHandler(request, ...platform) {
    return observeRequest(handler, request, platform, (report) => {
      const ended = call(() => onEnd(report, request, ...platform));
      if (ended !== undefined) waitUntil(platform, ended, logger);
    });
  };

  /** Returns a promise if the result is one. It never rejects. */
  function call(onEnd: () => unknown): Promise<unknown> | undefined {
    const logError = (error: unknown) => logSafely(() => logger.error(error));
    try {
      const result = onEnd();
      return 'then' in Object(result) ? Promise.resolve(result).catch(logError) : undefined;
    } catch (error) {
      logError(error);
      return undefined;
    }
  }
}

/**
 * Creates the plugin that `observe` adds to its `server`. It is for a server that a function creates.
 *
 * @returns A plugin of the server.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { observe, observePlugin } from 'apollo-server-integration-fetch/observe';
 *
 * const createServer = () =>
 *   new ApolloServer({ typeDefs: 'type Query { hello: String }', plugins: [observePlugin()] });
 *
 * export default { fetch: observe(createFetchHandler(createServer), { onEnd: console.log }) };
 * ```
 */
export function observePlugin(): ApolloServerPlugin {
  return operationsPlugin;
}
