import { LRUCache } from 'lru-cache';
import type { WebCache } from '../../../src/http-cache.ts';

interface Stored {
  readonly body: ArrayBuffer;
  readonly headers: Headers;
}

/** Creates an in-memory `Cache` of at most 64 MiB, as `docs/caching.md` shows it for Node and Bun. */
export function memoryCache(): WebCache {
  const entries = new LRUCache<string, Stored>({
    maxSize: 64 * 1024 * 1024,
    sizeCalculation: ({ body }, url) => body.byteLength + url.length,
  });
  return {
    async match(url) {
      const stored = entries.get(url);
      return stored && new Response(stored.body, { headers: stored.headers });
    },
    async put(url, response) {
      const maxAge = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1]);
      entries.set(url, { body: await response.arrayBuffer(), headers: response.headers }, { ttl: maxAge * 1000 });
    },
    delete: async (url) => entries.delete(url),
  };
}
