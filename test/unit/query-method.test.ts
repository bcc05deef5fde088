import { gunzipSync, gzipSync } from 'node:zlib';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { expect, test, vi } from 'vitest';
import { compression, decompression } from '../../src/compression.ts';
import { cors } from '../../src/cors.ts';
import { drain } from '../../src/drain.ts';
import { httpCache, type WebCache } from '../../src/http-cache.ts';
import { createFetchHandler } from '../../src/index.ts';

const create = (plugins: ApolloServerPlugin[] = []) =>
  new ApolloServer({
    typeDefs: 'type Query { hello: String } type Mutation { change: Int }',
    resolvers: { Mutation: { change } },
    plugins,
  });
const change = vi.fn(() => 1);

const request = (query: string, method = 'QUERY') =>
  new Request('http://a.test/', {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });

test('says why a mutation is refused', async () => {
  const handler = createFetchHandler(create(), { queryMethod: true });
  const response = await handler(request('mutation { change }'));
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ errors: [{ message: 'QUERY executes no mutations.' }] });
  expect(change).not.toHaveBeenCalled();
  expect((await handler(request('mutation { change }', 'POST'))).status).toBe(200);
});

test('takes a lower-case method, which Deno passes on, with the same rules', async () => {
  const handler = createFetchHandler(create(), { queryMethod: true });
  expect((await handler(request('{ hello }', 'query'))).status).toBe(200);
  expect((await handler(request('mutation { change }', 'query'))).status).toBe(422);
});

test('refuses mutations behind a factory, and on a server of two handlers', async () => {
  const server = create();
  const handlers = [
    createFetchHandler(server, { queryMethod: true }),
    createFetchHandler(() => server, { queryMethod: true }),
    createFetchHandler(async () => create(), { queryMethod: true }),
  ];
  // The factory's server gets its plugin before another handler starts it.
  for (const handler of handlers.toReversed()) {
    expect((await handler(request('mutation { change }'))).status).toBe(422);
  }
});

test('executes nothing on a server that has started already, which takes no plugin', async () => {
  const server = create();
  await server.start();
  expect(() => createFetchHandler(server, { queryMethod: true })).toThrow(/after the server has started/);
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const handler = createFetchHandler(async () => server, { queryMethod: true });
  expect((await handler(request('{ hello }'))).status).toBe(500);
  expect(logged).toHaveBeenCalledOnce();
  logged.mockRestore();
});

test('refuses a mutation before a plugin can respond to it', async () => {
  const responseForOperation = vi.fn(async () => null);
  const plugin: ApolloServerPlugin = { requestDidStart: async () => ({ responseForOperation }) };
  const handler = createFetchHandler(create([plugin]), { queryMethod: true });
  expect((await handler(request('mutation { change }'))).status).toBe(422);
  expect(responseForOperation).not.toHaveBeenCalled();
});

test('passes every wrapper: cached, compressed, inflated, and drained', async () => {
  const server = create();
  const stored = new Map<string, Response>();
  const cache: WebCache = {
    match: async (url) => stored.get(url)?.clone(),
    put: async (url, response) => void stored.set(url, response),
    delete: async (url) => stored.delete(url),
  };
  const cached = httpCache(
    createFetchHandler(server, {
      queryMethod: true,
      context: async ({ responseHeaders }) => {
        responseHeaders.set('cache-control', 'public, max-age=60');
        return {};
      },
    }),
    { cache },
  );
  const handler = drain(cors(compression(decompression(cached), { minBytes: 0 }), { origin: 'https://a.test' }), {
    server,
    close: async () => {},
  });
  const body = '{"query":"{ hello }"}';
  const headers = { 'content-type': 'application/json', 'accept-encoding': 'gzip', origin: 'https://a.test' };
  const send = (body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) =>
    handler(
      new Request('http://a.test/', {
        method: 'QUERY',
        headers: { ...headers, 'content-length': String(body.length), ...more },
        body,
      }),
    );
  await send(body);
  await vi.waitUntil(() => stored.size === 1);
  for (const [response, age] of [
    [await send(body), '0'],
    [await send(new Uint8Array(gzipSync(body)), { 'content-encoding': 'gzip' }), null],
  ] as const) {
    expect([response.headers.get('age'), response.headers.get('content-encoding')]).toEqual([age, 'gzip']);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://a.test');
    expect(gunzipSync(await response.bytes()).toString()).toBe('{"data":{"hello":null}}\n');
  }
  expect((await send('{"query":"mutation { change }"}')).status).toBe(422);
  await server.stop();
});
