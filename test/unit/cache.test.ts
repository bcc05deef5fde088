import process from 'node:process';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CacheOptions, createCache, maxTTL, type TextStore } from '../../src/shared/cache.ts';

function memory(): TextStore & { texts: Map<string, unknown>; ttls: (number | undefined)[] } {
  const texts = new Map<string, unknown>();
  const ttls: (number | undefined)[] = [];
  return {
    texts,
    ttls,
    get: async (key) => texts.get(key),
    put: async (key, text, ttl) => {
      texts.set(key, text);
      ttls.push(ttl);
    },
    delete: async (key) => texts.delete(key),
  };
}

function logged(): CacheOptions & { messages: string[] } {
  const messages: string[] = [];
  return { messages, logger: { warn: (message) => messages.push(message) } };
}

const never = () => new Promise<never>(() => {});

afterEach(() => vi.useRealTimers());

test.for([Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31])(
  'refuses to wait for %d milliseconds',
  (maxWaitMillis) => {
    expect(() => createCache(memory(), { maxWaitMillis })).toThrow(
      `maxWaitMillis must be a number from 0 to 2147483647. Received ${maxWaitMillis}.`,
    );
  },
);

test('a store sees short plain keys as they are, and the others as hashes of one length', async () => {
  const store = memory();
  const cache = createCache(store);
  for (const key of ['apq:ecf4edb46db4', 'x'.repeat(401), '', '\ud800']) await cache.set(key, '');
  const [plain, ...hashed] = store.texts.keys();
  expect(plain).toBe('apq:ecf4edb46db4');
  expect(hashed).toHaveLength(3);
  for (const key of hashed) expect(key).toMatch(/^sha256:[\da-f]{64}$/);
});

test('a store is given whole seconds that it can take', async () => {
  const store = memory();
  const cache = createCache(store);
  for (const ttl of [undefined, null, 0, Number.NaN, 60, 0.1, 1.5, -1, 1e300, Number.POSITIVE_INFINITY]) {
    await cache.set('key', 'value', ttl === undefined ? {} : { ttl });
  }
  expect(store.ttls).toEqual([undefined, undefined, undefined, undefined, 60, 1, 2, 1, maxTTL, maxTTL]);
});

test('an entry is a hit until its TTL has passed, and not a millisecond longer', async () => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  const cache = createCache(memory());
  await cache.set('key', 'value', { ttl: 0.5 });
  vi.setSystemTime(1_800_000_000_499);
  expect(await cache.get('key')).toBe('value');
  vi.setSystemTime(1_800_000_000_500);
  expect(await cache.get('key')).toBeUndefined();
});

test.for([
  42,
  {},
  '',
  'text',
  'expires=\n',
  'expires=soon\n',
  'expires=never',
  ' expires=never\nvalue',
  new Uint8Array(3),
])('an entry that it did not write is reported and a miss: %j', async (text) => {
  const store = memory();
  const options = logged();
  store.texts.set('key', text);
  expect(await createCache(store, options).get('key')).toBeUndefined();
  expect(options.messages).toEqual(['The cache failed to read an entry. TypeError: It is not an entry of this cache.']);
});

test('a read is waited for no longer than maxWaitMillis', async () => {
  vi.useFakeTimers();
  const options = logged();
  const cache = createCache({ ...memory(), get: never }, { ...options, maxWaitMillis: 20 });
  const read = vi.fn();
  cache.get('key').then(read);
  await vi.advanceTimersByTimeAsync(19);
  expect(read).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(read).toHaveBeenCalledWith(undefined);
  expect(options.messages).toEqual(['The cache failed to read an entry. Error: It took longer than 20 ms.']);
});

test('no timer is left behind', async () => {
  vi.useFakeTimers();
  const cache = createCache(memory());
  await cache.set('key', 'value');
  await cache.get('key');
  await cache.delete('key');
  expect(vi.getTimerCount()).toBe(0);
});

test('a store that fails after its time is up ends nothing', async () => {
  vi.useFakeTimers();
  const options = logged();
  const late = () => new Promise<never>((_, reject) => setTimeout(reject, 1000, new Error('late')));
  const cache = createCache({ get: late, put: late, delete: late }, { ...options, maxWaitMillis: 10 });
  const settled = Promise.all([cache.get('key'), cache.set('key', 'value'), cache.delete('key')]);
  // Vitest fails if a rejection is not handled.
  await vi.advanceTimersByTimeAsync(2000);
  expect(await settled).toEqual([undefined, undefined, undefined]);
  expect(options.messages).toHaveLength(3);
});

describe('on Workers', () => {
  /** Imports a new cache, because the module of Workers is looked up once. */
  async function importOnWorkers(waitUntil: (promise: Promise<unknown>) => void): Promise<typeof createCache> {
    // Node has no such module, and so no type for it.
    const module = vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ waitUntil } as never);
    onTestFinished(() => module.mockRestore());
    vi.resetModules();
    return (await import('../../src/shared/cache.ts')).createCache;
  }

  test('a write is given to waitUntil until the store has ended it, and never rejects there', async () => {
    const background: Promise<unknown>[] = [];
    const create = await importOnWorkers((promise) => background.push(promise));
    const store = memory();
    let fail = (_error: Error) => {};
    store.put = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    await create(store, { ...logged(), maxWaitMillis: 1 }).set('apq:key', 'value');
    expect(background).toHaveLength(1);
    const settled = vi.fn();
    const [write] = background;
    void write?.then(settled);
    await Promise.resolve();
    expect(settled).not.toHaveBeenCalled();
    fail(new Error('The store is down.'));
    await write;
  });

  test('a waitUntil that may not be called here is reported, and the write is done all the same', async () => {
    const create = await importOnWorkers(() => {
      throw new Error('No request.');
    });
    const options = logged();
    const cache = create(memory(), options);
    await cache.set('key', 'value');
    expect(options.messages).toEqual(['The cache could not be kept alive. Error: No request.']);
    expect(await cache.get('key')).toBe('value');
  });
});

test('a logger that throws or rejects harms no request', async () => {
  const down = async () => {
    throw new Error('The store is down.');
  };
  const fail = () => {
    throw new Error('The log is full.');
  };
  for (const warn of [fail, async () => fail()]) {
    const cache = createCache({ get: down, put: down, delete: down }, { logger: { warn } });
    expect([await cache.get('key'), await cache.set('key', 'value'), await cache.delete('key')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

test('reports name neither keys nor values', async () => {
  const options = logged();
  const cache = createCache({ ...memory(), maxBytes: 10 }, options);
  await cache.set('https://example.com/?token=secret', 'a secret value');
  expect(options.messages).toEqual([
    "The cache failed to write an entry. Error: The value is over the store's limit of 10 bytes.",
  ]);
});
