/**
 * Apollo's cache in Workers KV: `import { workersKV } from 'apollo-server-integration-fetch/workers-kv'`.
 *
 * @module
 */
import { type CacheOptions, createCache, type KeyValueCache } from './shared/cache.ts';

export type { CacheOptions, KeyValueCache };

/** A KV namespace, as the platform binds it. */
export interface WorkersKVNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options?: { expirationTtl?: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/**
 * A cache in Workers KV, for automatic persisted queries and for responses that are read often and change rarely. All
 * isolates of a Worker share it, in all data centres.
 *
 * A TTL is exact, although KV itself keeps everything for at least 60 seconds. KV is eventually consistent: an entry
 * that was just written may be missing in another data centre for a minute. So may an entry that was looked up in vain
 * just before it was written. A value over 25 MiB is not stored. A namespace that fails or hangs is reported, and
 * counts as a miss. Writes may go on after the response.
 *
 * @param namespace The KV namespace, as the platform binds it.
 * @param options How long to wait for it, and where to report its failures.
 * @returns The option `cache` of `new ApolloServer()`, of a plugin or of a data source.
 * @throws RangeError if `maxWaitMillis` is not a number from 0 to 2,147,483,647, the limit of timers.
 * @see https://developers.cloudflare.com/kv/api/
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { type WorkersKVNamespace, workersKV } from 'apollo-server-integration-fetch/workers-kv';
 *
 * interface Env {
 *   CACHE: WorkersKVNamespace; // or KVNamespace, of @cloudflare/workers-types
 * }
 *
 * export default {
 *   fetch: createFetchHandler(
 *     (env: Env) => new ApolloServer({ typeDefs: 'type Query { hello: String }', cache: workersKV(env.CACHE) }),
 *   ),
 * };
 * ```
 */
export function workersKV(namespace: WorkersKVNamespace, options?: CacheOptions): KeyValueCache {
  const store = {
    maxBytes: 25 * 1024 * 1024,
    get: (key: string) => namespace.get(key),
    put: (key: string, text: string, ttl: number | undefined) =>
      // KV refuses a TTL of less than a minute.
      namespace.put(key, text, ttl === undefined ? {} : { expirationTtl: Math.max(ttl, 60) }),
    delete: (key: string) => namespace.delete(key),
  };
  return createCache(store, options);
}
