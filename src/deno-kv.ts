/**
 * Apollo's cache in Deno KV: `import { denoKV } from 'apollo-server-integration-fetch/deno-kv'`.
 *
 * @module
 */
import { type CacheOptions, createCache, type KeyValueCache } from './shared/cache.ts';

export type { CacheOptions, KeyValueCache };

/** The methods of a Deno KV database that are used. */
export interface DenoKV {
  get(key: string[]): Promise<{ value: unknown }>;
  set(key: string[], value: unknown, options?: { expireIn?: number }): Promise<unknown>;
  delete(key: string[]): Promise<void>;
}

/**
 * A cache in the database that `await Deno.openKv()` opens, for automatic persisted queries and for small responses.
 * All processes that open the same database share it.
 *
 * An entry has the key `['apollo-server-cache', key]`. A TTL is exact, although Deno KV goes on returning an expired
 * entry for up to a minute. A value over 64 KiB is not stored. A database that fails or hangs is reported, and counts
 * as a miss.
 *
 * @param kv The database, as `await Deno.openKv()` returns it.
 * @param options How long to wait for it, and where to report its failures.
 * @returns The option `cache` of `new ApolloServer()`, of a plugin or of a data source.
 * @throws RangeError if `maxWaitMillis` is not a number from 0 to 2,147,483,647, the limit of timers.
 * @see https://docs.deno.com/api/deno/~/Deno.Kv
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { type DenoKV, denoKV } from 'apollo-server-integration-fetch/deno-kv';
 *
 * export function createServer(kv: DenoKV) {
 *   return new ApolloServer({ typeDefs: 'type Query { hello: String }', cache: denoKV(kv) });
 * }
 * ```
 */
export function denoKV(kv: DenoKV, options?: CacheOptions): KeyValueCache {
  const path = (key: string) => ['apollo-server-cache', key];
  const store = {
    // The text is stored as UTF-8 bytes, because Deno KV's limit counts exactly these.
    maxBytes: 65_536,
    async get(key: string) {
      const { value } = await kv.get(path(key));
      return value instanceof Uint8Array ? new TextDecoder('utf-8', { fatal: true }).decode(value) : value;
    },
    put: (key: string, text: string, ttl: number | undefined) =>
      kv.set(path(key), new TextEncoder().encode(text), ttl === undefined ? {} : { expireIn: ttl * 1000 }),
    delete: (key: string) => kv.delete(path(key)),
  };
  return createCache(store, options);
}
