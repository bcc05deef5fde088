import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runKeyValueCacheTests } from 'apollo-server-caching';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { persisted, RemoteCache } from './client.ts';

export interface Subject {
  /** Starts a process that keeps its store in a directory. */
  start(directory: string): Promise<Server>;
  /** The longest value that the store accepts, in bytes. */
  readonly maxBytes?: number;
  /** Whether the store never removes an entry by itself. */
  readonly neverForgets?: true;
}

/** Defines the tests of a cache, from the view of its users. They hold for any store, which two processes share. */
export function describeCache(name: string, { start, maxBytes, neverForgets }: Subject): void {
  describe(name, () => {
    let directory: string;
    const servers: Server[] = [];
    let one: RemoteCache;
    let other: RemoteCache;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'cache-'));
      for (let count = 0; count < 2; count++) servers.push(await start(directory));
      [one, other] = servers.map((server) => new RemoteCache(server)) as [RemoteCache, RemoteCache];
    });
    afterAll(async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await rm(directory, { recursive: true });
    });
    afterEach(async () => {
      for (const cache of [one, other]) {
        await cache.setFault('none');
        await cache.setClock(0);
        await cache.warnings();
      }
    });

    test("passes Apollo's own tests of key-value caches", async () => {
      let ahead = 0;
      // Apollo's tests do not await a tick, so the `get` after it sets the clock.
      const cache = {
        get: async (key: string) => {
          await one.setClock(ahead);
          return await one.get(key);
        },
        set: one.set.bind(one),
        delete: one.delete.bind(one),
      };
      await runKeyValueCacheTests(cache, (milliseconds) => {
        ahead += milliseconds;
      });
      expect(ahead).toBe(11_000);
      expect(await one.warnings()).toEqual([]);
    });

    const keys = [
      ['empty', ''],
      ['a dot', '.'],
      ['two dots', '..'],
      ['a slash', 'a/b'],
      ['another slash', 'a/b/'],
      ['a query', 'GET https://example.com/a?id=1#x'],
      ['another query', 'GET https://example.com/a?id=2#x'],
      ['a percent sign', 'a%2Fb'],
      ['a colon', 'a:b'],
      ['a backslash', 'a\\b'],
      ['a blank', 'a b'],
      ['a plus sign', 'a+b'],
      ['upper case', 'KEY'],
      ['lower case', 'key'],
      ['control characters', 'a\0b\n'],
      ['beyond ASCII', 'ключ 日本 🎉'],
      ['composed', 'é'],
      ['decomposed', 'e\u0301'],
      ['a lone surrogate', '\ud800'],
      ['another lone surrogate', '\ud801'],
      ['long', 'k'.repeat(400)],
      ['longer', 'k'.repeat(401)],
      ['very long', 'k'.repeat(100_000)],
      ['very long, of another end', `${'k'.repeat(99_999)}l`],
      ['the hash of the empty key', 'sha256:12ae32cb1ec02d01eda3581b127c1fee3b0dc53572ed6baf239721a03d82e126'],
    ] as const;

    test('tells keys of any length and alphabet apart', async () => {
      for (const [value, key] of keys) await one.set(key, value);
      const read = await Promise.all(keys.map(async ([value, key]) => [value, await other.get(key)]));
      expect(read).toEqual(keys.map(([value]) => [value, value]));
      expect(await one.warnings()).toEqual([]);
    });

    test.for([
      ['empty', ''],
      ['a number', '123'],
      ['JSON', '{"data":{"hello":"world"},"q":"\\""}'],
      ['null', 'null'],
      ['blanks', ' \t '],
      ['line ends', '\r\n\n\r'],
      ['a byte order mark', '\ufeff{ hello }'],
      ['control characters', '\0\u0007\u2028'],
      ['beyond ASCII', 'значение 日本 🎉'],
      ['an entry in an entry', 'expires=never\nx'],
    ] as const)('returns a value as it was: %s', async ([, value]) => {
      await one.set('value', value);
      expect(await other.get('value')).toBe(value);
    });

    test('replaces and deletes what another process has written', async () => {
      await one.set('replaced', 'a');
      await other.set('replaced', 'b');
      expect(await one.get('replaced')).toBe('b');
      await other.delete('replaced');
      expect(await one.get('replaced')).toBeUndefined();
    });

    test('does not store text that it could not return, and forgets what it replaces', async () => {
      await one.set('ill-formed', 'before');
      await one.set('ill-formed', '\ud800');
      expect(await other.get('ill-formed')).toBeUndefined();
      expect(await one.warnings()).toEqual([
        'The cache failed to write an entry. Error: The value is not well-formed Unicode.',
      ]);
    });

    if (maxBytes !== undefined) {
      test(`stores no value over ${maxBytes} bytes`, async () => {
        const limit = maxBytes - 'expires=never\n'.length;
        await one.fill('large', limit);
        expect(await one.warnings()).toEqual([]);
        expect(await other.length('large')).toBe(limit);
        await one.fill('large', limit + 1);
        expect(await one.warnings()).toEqual([
          `The cache failed to write an entry. Error: The value is over the store's limit of ${maxBytes} bytes.`,
        ]);
        expect(await other.length('large')).toBeNull();
      });
    }

    test('keeps an entry for its TTL in real time, even below the minimum of the store', async () => {
      const written = performance.now();
      await one.set('short', 'v', { ttl: 2 });
      expect(await other.get('short')).toBe('v');
      while ((await other.get('short')) !== undefined);
      // The clocks of two runtimes may differ by a few milliseconds.
      expect(performance.now() - written).toBeGreaterThan(1950);
      expect(await one.warnings()).toEqual([]);
    });

    test.for([
      [undefined, true],
      [{}, true],
      [{ ttl: null }, true],
      [{ ttl: 0 }, true],
      [{ ttl: 2 ** 40 }, true],
      [{ ttl: 86_400 * 366 }, true],
      [{ ttl: 0.5 }, false],
      [{ ttl: -5 }, false],
    ] as const)('%j keeps an entry for a year: %s', async ([options, isKept]) => {
      await one.set('year', 'v', options);
      await other.setClock(86_400_000 * 365);
      expect(await other.get('year')).toBe(isKept ? 'v' : undefined);
      expect(await one.warnings()).toEqual([]);
    });

    if (neverForgets) {
      test('removes an expired entry from a store that never would', async () => {
        await one.set('swept', 'v', { ttl: 1 });
        await one.setClock(2000);
        expect(await one.isStored('swept')).toBe(true);
        expect(await one.get('swept')).toBeUndefined();
        await vi.waitUntil(async () => !(await one.isStored('swept')), { timeout: 10_000 });
      });
    }

    test('a persisted query that one process registers is a hit in the other', async () => {
      const query = '{ shared: hello }';
      const extensions = persisted(query);
      expect(await other.graphql({ extensions })).toMatchObject({
        body: { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] },
      });
      expect(await one.graphql({ query, extensions })).toMatchObject({
        status: 200,
        body: { data: { shared: 'world' } },
      });
      // Apollo does not wait for the write.
      await vi.waitUntil(async () => await one.get(`apq:${extensions.persistedQuery.sha256Hash}`));
      expect(await other.graphql({ extensions })).toMatchObject({ status: 200, body: { data: { shared: 'world' } } });
    });

    test('a response that one process has cached saves the other from calling its resolvers', async () => {
      const query = '{ call(name: "shared") }';
      const call = async (cache: RemoteCache) => (await cache.graphql({ query })).body;
      // Apollo does not wait for the write.
      const cached = await vi.waitUntil(async () => {
        const body = await call(one);
        return isDeepStrictEqual(body, await call(one)) && body;
      });
      expect(await call(other)).toEqual(cached);
      expect(cached).toMatchObject({ data: { call: /^[\w-]+ \d+$/ } });
      expect((await one.graphql({ query: '{ call(name: "else") }' })).body).not.toEqual(cached);
    });

    test.for(['fail', 'throw', 'hang', 'rubbish'] as const)(
      'a client does not notice a store with the fault: %s',
      async (fault) => {
        const query = `{ hello ${fault}: hello }`;
        const extensions = persisted(query);
        const known = { query: `{ known: hello }`, extensions: persisted('{ known: hello }') };
        const conversation = async (cache: RemoteCache) => [
          await cache.graphql({ extensions }),
          ...(await Promise.all([
            cache.graphql({ query, extensions }),
            cache.graphql({ query: '{ hello }' }),
            cache.graphql({ query: '{ nope }' }),
            cache.graphql({ query: '{ hello', extensions: persisted('{ hello') }),
          ])),
        ];
        await other.graphql(known);
        await one.setFault(fault);
        const faulty = await conversation(one);
        expect((await one.graphql({ query: `{ call(name: "${fault}") }` })).body).toMatchObject({
          data: { call: /^[\w-]+ \d+$/ },
        });
        // A query that was registered earlier is a miss during the fault.
        expect(await one.graphql({ extensions: known.extensions })).toMatchObject({
          body: { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] },
        });
        const warnings = await one.warnings();
        expect(warnings).toContainEqual(
          expect.stringMatching(
            /^The cache failed to read an entry. (Error: The store is down\.|Error: It took longer than 1000 ms\.|TypeError: It is not an entry of this cache\.)$/,
          ),
        );
        await one.setFault('none');
        expect(faulty).toEqual(await conversation(other));
        expect((await one.graphql({ extensions: known.extensions })).body).toEqual({ data: { known: 'world' } });
      },
    );

    test('a write that takes longer than the request is not lost', async () => {
      const query = '{ slowly: hello }';
      const extensions = persisted(query);
      await one.setFault('slow');
      expect((await one.graphql({ query, extensions })).body).toEqual({ data: { slowly: 'world' } });
      await expect
        .poll(async () => (await other.graphql({ extensions })).body, { timeout: 15_000 })
        .toEqual({ data: { slowly: 'world' } });
    });
  });
}
