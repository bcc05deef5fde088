import { expect, test, vi } from 'vitest';
import { type WebCache, webCache } from '../../src/web-cache.ts';

function memory(): WebCache {
  const texts = new Map<string, string>();
  return {
    match: async (url) => (texts.has(url) ? new Response(texts.get(url)) : undefined),
    async put(url, response) {
      texts.set(url, await response.text());
    },
    delete: async (url) => texts.delete(url),
  };
}

test.for([
  ['a cache', (cache: WebCache) => cache],
  ['a promise of a cache', (cache: WebCache) => Promise.resolve(cache)],
  ['a function', (cache: WebCache) => () => cache],
  ['an async function', (cache: WebCache) => async () => cache],
] as const)('takes %s', async ([, source]) => {
  const cache = webCache(source(memory()));
  await cache.set('key', 'value');
  expect(await cache.get('key')).toBe('value');
});

test('a promise that rejects before the first use is reported at each use', async () => {
  const warn = vi.fn();
  const cache = webCache(Promise.reject(new Error('No caches here.')), { logger: { warn } });
  // This is long enough for Node to notice an unhandled rejection, which Vitest then reports.
  await new Promise((resolve) => setTimeout(resolve));
  expect(await cache.get('key')).toBeUndefined();
  expect(warn.mock.calls).toEqual([['The cache failed to read an entry. Error: No caches here.']]);
});

test('a function is called at each use, so that one failure is not final', async () => {
  const warn = vi.fn();
  const opened = memory();
  const open = vi
    .fn(() => opened)
    .mockImplementationOnce(() => {
      throw new Error('Not outside a request.');
    });
  const cache = webCache(open, { logger: { warn } });
  expect(open).not.toHaveBeenCalled();
  await cache.set('key', 'value');
  expect(warn.mock.calls).toEqual([['The cache failed to write an entry. Error: Not outside a request.']]);
  await cache.set('key', 'value');
  expect(await cache.get('key')).toBe('value');
});

test('entries are under a host that no site can have, for 68 years or for their TTL', async () => {
  const put = vi.fn(async (_url: string, _response: Response) => {});
  const cache = webCache({ ...memory(), put });
  await cache.set('a/b?c', 'value');
  await cache.set('key', 'value', { ttl: 2 });
  expect(put.mock.calls.map(([url, { headers }]) => [url, headers.get('cache-control')])).toEqual([
    ['https://apollo-server-cache.invalid/a%2Fb%3Fc', 'max-age=2147483647'],
    ['https://apollo-server-cache.invalid/key', 'max-age=2'],
  ]);
});
