import { expect, test, vi } from 'vitest';
import { workersKV } from '../../src/workers-kv.ts';

const namespace = () => ({ get: async () => null, put: vi.fn(async () => {}), delete: async () => {} });

test('KV is asked for an expiry that it accepts: none, or 60 seconds at least', async () => {
  const kv = namespace();
  const cache = workersKV(kv);
  await cache.set('key', 'value');
  await cache.set('key', 'value', { ttl: 1 });
  await cache.set('key', 'value', { ttl: 61 });
  expect(kv.put.mock.calls).toEqual([
    ['key', 'expires=never\nvalue', {}],
    ['key', expect.stringMatching(/^expires=\d{13}\nvalue$/), { expirationTtl: 60 }],
    ['key', expect.stringMatching(/^expires=\d{13}\nvalue$/), { expirationTtl: 61 }],
  ]);
});
