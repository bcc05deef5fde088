/**
 * Apollo's cache in the Cache API: `import { webCache } from 'apollo-server-integration-fetch/web-cache'`.
 *
 * @module
 */
import { type CacheOptions, createCache, type KeyValueCache, maxTTL } from './shared/cache.ts';
import { openerOf, type WebCache, type WebCacheSource } from './shared/open-cache.ts';

export type { CacheOptions, KeyValueCache, WebCache, WebCacheSource };

/**
 * A cache in the platform's Cache API: Workers' `caches.default` and `caches.open()`, Deno's `caches`. Pass a function
 * if the cache exists only inside requests, as on Workers.
 *
 * On Workers, each data centre has a cache of its own, and drops entries when it needs room. On Deno, entries that
 * nobody reads again stay for ever. A TTL is exact on both. A cache that fails, hangs or could not be opened is
 * reported, and counts as a miss. Writes may go on after the response.
 *
 * @param cache A `Cache`, a promise of one, or a function that returns one at each use.
 * @param options How long to wait for it, and where to report its failures.
 * @returns The option `cache` of `new ApolloServer()`, of a plugin or of a data source.
 * @throws RangeError if `maxWaitMillis` is not a number from 0 to 2,147,483,647, the limit of timers.
 * @see https://developers.cloudflare.com/workers/runtime-apis/cache/
 * @see https://developer.mozilla.org/en-US/docs/Web/API/Cache
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { type WebCache, webCache } from 'apollo-server-integration-fetch/web-cache';
 *
 * // The global `caches` of Workers and Deno.
 * export function createServer(caches: { open(name: string): Promise<WebCache> }) {
 *   return new ApolloServer({
 *     typeDefs: 'type Query { hello: String }',
 *     cache: webCache(() => caches.open('graphql')),
 *   });
 * }
 * ```
 */
export function webCache(cache: WebCacheSource, options?: CacheOptions): KeyValueCache {
  const open = openerOf(cache);

  // No site has a name that ends in `.invalid`, so no request can reach an entry by its URL.
  const urlOf = (key: string) => `https://apollo-server-cache.invalid/${encodeURIComponent(key)}`;

  async function remove(key: string): Promise<boolean> {
    return (await open()).delete(urlOf(key));
  }

  const store = {
    async get(key: string) {
      const response = await (await open()).match(urlOf(key));
      return response?.text();
    },
    async put(key: string, text: string, ttl = maxTTL) {
      const headers = { 'cache-control': `max-age=${ttl}` };
      await (await open()).put(urlOf(key), new Response(text, { headers }));
    },
    delete: remove,
    sweep: remove,
  };
  return createCache(store, options);
}
