import { expect, test, vi } from 'vitest';
import { denoKV } from '../../src/deno-kv.ts';

test('an entry is bytes under a key of two parts, and expires after its TTL in milliseconds or never', async () => {
  const set = vi.fn(async () => {});
  const cache = denoKV({ get: async () => ({ value: null }), set, delete: async () => {} });
  await cache.set('key', 'é');
  await cache.set('key', 'é', { ttl: 2 });
  expect(set.mock.calls).toEqual([
    [['apollo-server-cache', 'key'], new TextEncoder().encode('expires=never\né'), {}],
    [['apollo-server-cache', 'key'], expect.any(Uint8Array), { expireIn: 2000 }],
  ]);
});

test('bytes that are not UTF-8 are reported and a miss', async () => {
  const warn = vi.fn();
  const value = new Uint8Array([...new TextEncoder().encode('expires=never\n'), 0xff]);
  const kv = { get: async () => ({ value }), set: async () => {}, delete: async () => {} };
  expect(await denoKV(kv, { logger: { warn } }).get('key')).toBeUndefined();
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/^The cache failed to read an entry\. TypeError: /)]]);
});
