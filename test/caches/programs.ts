/** The programs of `docs/caching.md`, which `docs.test.ts` runs. */
export const cachingPrograms: readonly string[] = [
  'workers-kv.ts',
  'deno-kv.ts',
  'workers-cache.ts',
  'deno-cache.ts',
  'sqlite.mts',
  'sqlite.ts',
  'redis.mts',
  'rest.ts',
  'workers-http-cache.ts',
  'deno-http-cache.ts',
  'stale-while-revalidate.ts',
  'memory.ts',
].map((name) => `docs/caching.md#${name}`);
