/**
 * Caches responses to GET and QUERY as HTTP defines it: `import { httpCache } from
 * 'apollo-server-integration-fetch/http-cache'`.
 *
 * @module
 */

import { GraphQLError } from 'graphql';
import { logSafely } from './core/log.ts';
import type { FetchAPI, FetchHandler } from './core/options.ts';
import { fetchAPIOf, waitUntil } from './core/platform.ts';
import { toErrorResponse } from './core/response.ts';
import { parseCacheControl } from './http-cache/cache-control.ts';
import { contentOf } from './http-cache/content.ts';
import { hasCredentials } from './http-cache/credentials.ts';
import type { Result } from './http-cache/entry.ts';
import { execute } from './http-cache/execution.ts';
import { Invalidations } from './http-cache/invalidations.ts';
import { apolloHeaders, keyOf, traceHeader } from './http-cache/key.ts';
import { readResult, respondWith } from './http-cache/response.ts';
import { SharedCache } from './http-cache/shared-cache.ts';
import { createStore } from './http-cache/store.ts';
import { checkHeaderNames } from './shared/header-names.ts';
import type { WebCache, WebCacheSource } from './shared/open-cache.ts';
import type { CreateSignal } from './shared/signal.ts';

export type { WebCache, WebCacheSource };

/** Options of `httpCache`. */
export interface HTTPCacheOptions<Platform extends unknown[], TRequest extends Request = Request> {
  /**
   * Where responses are stored: a `Cache`, a promise of one, or a function that returns one at each use, such as
   * `() => caches.default` on Workers. Without it nothing is stored, and responses get an `ETag`.
   *
   * @default undefined
   */
  readonly cache?: WebCacheSource;
  /**
   * Returns whether the response is for one client alone. Such a response is neither taken from the cache nor stored,
   * and it is marked `private` for every other cache. Called for each GET and QUERY, with the request and what the
   * platform passes after it. If it throws, the response is private. The default is `true` for a request with
   * credentials, which are `authorization`, `cookie`, API keys, tokens, client certificates, and what a proxy adds that
   * knows the client.
   *
   * @default (request) => hasCredentials(request)
   */
  readonly bypass?: (request: TRequest, ...platform: Platform) => boolean | Promise<boolean>;
  /**
   * Further request headers on which responses depend: each that the context function or a resolver reads, and each of
   * Apollo's option `csrfPrevention.requestHeaders`. Responses name them in `Vary`, with `authorization` and `cookie`.
   *
   * @default []
   */
  readonly vary?: readonly string[];
}

/**
 * Caches responses to GET and QUERY requests as HTTP defines it. A response is stored if its `Cache-Control` is
 * `public` with a lifetime above 0, and if it is the complete result of one query without an error. It is served with
 * its `Age`. Each response that a cache may keep gets an `ETag`, and a client that has it already gets 304.
 *
 * A QUERY, which needs the handler's option `queryMethod`, is cached if its body is JSON of a declared length of at
 * most 1 MiB, uncompressed. White space and the order of members and of variables make no difference. As HTTP demands,
 * each POST without an error makes what is cached for QUERYs to the same URL invalid in this process.
 *
 * Every other request passes through. By default, a request with credentials is neither served from the cache nor
 * stored. Its response is `private`, and so is each response that sets a cookie. Both still get an `ETag`.
 *
 * A cache that fails or hangs counts as empty. A request waits at most 500 ms for the cache. It waits for an identical
 * request that came before it, and every 5 s one of those that wait is executed too. Bodies up to 1 MiB are stored. A
 * request with `only-if-cached` gets 504 if there is nothing in the cache for it. A response that was made under an
 * aborted signal is not stored, and leaves as `no-store`.
 *
 * @param handler The handler to wrap. `cors` and `drain` belong around this wrapper.
 * @param options Where to store responses, and what makes them private.
 * @returns A handler of the same kind.
 * @throws TypeError if `vary` is not an array of header names.
 * @see https://www.rfc-editor.org/rfc/rfc9111
 * @see https://www.apollographql.com/docs/apollo-server/performance/caching
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { httpCache, type WebCache } from 'apollo-server-integration-fetch/http-cache';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * // The global `caches` of Workers and Deno.
 * export function createHandler(caches: { open(name: string): Promise<WebCache> }) {
 *   return httpCache(createFetchHandler(server), { cache: () => caches.open('graphql') });
 * }
 * ```
 */
export function httpCache<Platform extends unknown[], TRequest extends Request = Request>(
  // The first overload, so that a handler that ignores the platform's arguments takes their types from `bypass`.
  handler: FetchHandler<[], TRequest>,
  options: HTTPCacheOptions<Platform, TRequest> & Required<Pick<HTTPCacheOptions<Platform, TRequest>, 'bypass'>>,
): FetchHandler<Platform, TRequest>;
export function httpCache<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  options?: HTTPCacheOptions<Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
export function httpCache<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  { cache, bypass, vary = [] }: HTTPCacheOptions<Platform, TRequest> = {},
): FetchHandler<Platform, TRequest> {
  checkHeaderNames('vary', vary);
  // By default, a request with credentials never gets as far as the cache. Only the two common headers are named to the
  // caches in front, because nginx stores no response whose `Vary` is longer than 128 bytes.
  const personal = bypass ? [] : ['authorization', 'cookie'];
  const varying = [...apolloHeaders, ...vary.map((name) => name.toLowerCase()), ...personal];
  // Apollo does not read the origin, but `./cors` inside this wrapper does.
  const keyed = [...varying, traceHeader, 'origin'];
  const shared = cache && new SharedCache(createStore(cache), keyed);
  const invalidations = new Invalidations();

  async function isPersonalRequest(request: TRequest, platform: Platform): Promise<boolean> {
    if (bypass === undefined) return hasCredentials(request);
    try {
      return await bypass(request, ...platform);
    } catch (error) {
      logSafely(() => console.error(error));
      return true;
    }
  }

  async function findKey(request: TRequest, isQuery: boolean): Promise<string | undefined> {
    if (!isQuery) return await keyOf(request, keyed);
    const content = await contentOf(request);
    return content === undefined ? undefined : await keyOf(request, keyed, content);
  }

  return async function httpCacheHandler(request, ...platform) {
    const isQuery = request.method === 'QUERY';
    if (request.method !== 'GET' && !isQuery) {
      const response = await handler(request, ...platform);
      if (shared) await invalidations.add(request, response);
      return response;
    }
    const fetchAPI = fetchAPIOf(platform);
    const isPersonal = await isPersonalRequest(request, platform);
    const respond = (result: Result) => ('entry' in result ? respondWith(result, request, fetchAPI) : result);
    const make = async (createSignal?: CreateSignal) => {
      const { response, isAborted } = await execute(request, () => handler(request, ...platform), createSignal);
      // Only here, because nginx stores no response whose `Vary` is long.
      const vary = request.headers.has(traceHeader) ? [...varying, traceHeader] : varying;
      const result = await readResult(response, { isPersonal, vary }, fetchAPI);
      return { result, isAborted: isAborted() };
    };

    const wanted = parseCacheControl(request.headers.get('cache-control'));
    const key = shared && !isPersonal && !wanted.has('no-store') ? await findKey(request, isQuery) : undefined;
    if (shared === undefined || key === undefined) return respond((await make()).result);
    const invalidUntil = await invalidations.timeOf(request);
    if (invalidUntil !== undefined) await shared.invalidate(key, invalidUntil);
    const result = await shared.respond({
      key,
      request,
      wanted,
      make,
      waitUntil: (promise) => waitUntil(platform, promise),
    });
    return result === undefined ? notCached(fetchAPI) : respond(result);
  };
}

/** https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.7 */
function notCached(fetchAPI: FetchAPI): Response {
  const extensions = { code: 'NOT_CACHED' };
  const error = new GraphQLError('The cache has no response to this request.', { extensions });
  return toErrorResponse(fetchAPI, 504, error);
}
