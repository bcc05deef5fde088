import { ApolloServer } from '@apollo/server';
import responseCache from '@apollo/server-plugin-response-cache';
import { createFetchHandler } from '../../src/index.ts';
import type { CacheOptions, KeyValueCache } from '../../src/workers-kv.ts';

/** What a store does instead of its work: see {@link withFaults}. */
export type Fault = 'none' | 'fail' | 'throw' | 'hang' | 'rubbish' | 'slow';

let fault: Fault = 'none';
const warnings: string[] = [];

export const options: CacheOptions = { logger: { warn: (message) => warnings.push(message) }, maxWaitMillis: 1000 };

/** A store whose methods do what the last request to `/fault` asked for. */
export function withFaults<TStore extends object>(store: TStore, rubbish: () => unknown): TStore {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const work = member.bind(target);
      return (...args: unknown[]) => {
        switch (fault) {
          case 'none':
            return work(...args);
          case 'fail':
            return Promise.reject(new Error('The store is down.'));
          case 'throw':
            throw new Error('The store is down.');
          case 'hang':
            return new Promise(() => {});
          case 'rubbish':
            return Promise.resolve(rubbish());
          case 'slow':
            return new Promise((resolve) => setTimeout(resolve, 1500)).then(() => work(...args));
        }
      };
    },
  });
}

/** The clock of this process, which a request can put forward. */
const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;

/**
 * A GraphQL server over the cache, and the cache itself for `RemoteCache`.
 *
 * @param isStored Whether the store itself has an entry of this key.
 */
export function createApp(
  cache: KeyValueCache,
  isStored: (key: string) => Promise<boolean>,
): (request: Request, ...platform: unknown[]) => Promise<Response> {
  // Made in the first request, because Workers have no randomness before.
  let isolate: string | undefined;
  let calls = 0;
  const server = new ApolloServer({
    typeDefs: `
      enum CacheControlScope { PUBLIC PRIVATE }
      directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
      type Query { call(name: String): String @cacheControl(maxAge: 600), hello: String }
    `,
    resolvers: {
      Query: {
        hello: () => 'world',
        call: () => {
          isolate ??= crypto.randomUUID();
          return `${isolate} ${++calls}`;
        },
      },
    },
    cache,
    plugins: [responseCache()],
    includeStacktraceInErrorResponses: false,
  });
  const graphql = createFetchHandler(server);

  const commands = {
    get: async (key: string) => [await cache.get(key)].filter((value) => value !== undefined),
    set: (key: string, value: string, options?: { ttl?: number | null }) => cache.set(key, value, options),
    delete: (key: string) => cache.delete(key),
    fill: (key: string, length: number) => cache.set(key, 'x'.repeat(length)),
    length: async (key: string) => (await cache.get(key))?.length,
    async getOften(key: string, count: number) {
      for (let left = count; left > 0; left--) await cache.get(key);
    },
    async setOften(key: string, count: number) {
      for (let left = count; left > 0; left--) await cache.set(`${key} ${left}`, 'value');
    },
    isStored,
    setClock(milliseconds: number) {
      ahead = milliseconds;
    },
    setFault(name: Fault) {
      fault = name;
    },
    warnings: () => warnings.splice(0),
  };

  return async (request, ...platform) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/') return await graphql(request, ...platform);
    const command: (...args: unknown[]) => unknown = Reflect.get(commands, pathname.slice(1));
    return Response.json((await command(...JSON.parse(await request.text()))) ?? null);
  };
}
