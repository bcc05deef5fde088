import { ApolloServer } from '@apollo/server';
import responseCache from '@apollo/server-plugin-response-cache';
import { createFetchHandler } from '../../src/index.ts';
import type { CacheOptions, KeyValueCache } from '../../src/workers-kv.ts';
import { setClock, setFault } from './faults.ts';

const warnings: string[] = [];

export const options: CacheOptions = { logger: { warn: (message) => warnings.push(message) }, maxWaitMillis: 1000 };

/**
 * Creates an application that serves GraphQL with the cache at `/`, and the cache itself to `RemoteCache`.
 *
 * @param isStored Resolves to whether the store itself has an entry with this key.
 */
export function createApp(
  cache: KeyValueCache,
  isStored: (key: string) => Promise<boolean>,
): (request: Request, ...platform: unknown[]) => Promise<Response> {
  // The first request generates this, because Workers have no randomness before it.
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
    setClock,
    setFault,
    warnings: () => warnings.splice(0),
  };

  return async (request, ...platform) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/') return await graphql(request, ...platform);
    const command: (...args: unknown[]) => unknown = Reflect.get(commands, pathname.slice(1));
    return Response.json((await command(...JSON.parse(await request.text()))) ?? null);
  };
}
