import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginInlineTrace } from '@apollo/server/plugin/inlineTrace';
import { beforeEach, describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { createLambdaHandler } from '../../src/aws-lambda.ts';
import { cors } from '../../src/cors.ts';
import { drain } from '../../src/drain.ts';
import { keyOf } from '../../src/http-cache/key.ts';
import { RecentKeys } from '../../src/http-cache/recent-keys.ts';
import { type HTTPCacheOptions, httpCache, type WebCache } from '../../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { replaceSignal } from '../../src/shared/signal.ts';

const result = '{"data":{"dice":4}}\n';

/** A response like Apollo's. */
function complete(headers: Readonly<Record<string, string>> = {}, body = result): Response {
  return new Response(body, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'max-age=60, public',
      'content-length': String(new TextEncoder().encode(body).byteLength),
      ...headers,
    },
  });
}

/** A `Cache` that keeps everything. */
class MemoryCache implements WebCache {
  readonly stored = new Map<string, { bytes: ArrayBuffer; headers: Headers }>();
  reads = 0;

  async match(url: string) {
    this.reads++;
    const stored = this.stored.get(url);
    return stored && new Response(stored.bytes, { headers: stored.headers });
  }

  async put(url: string, response: Response) {
    this.stored.set(url, { bytes: await response.arrayBuffer(), headers: response.headers });
  }

  async delete(url: string) {
    return this.stored.delete(url);
  }
}

const url = 'http://api.test/graphql?query={dice}';

function get(headers: HeadersInit = {}, target = url): Request {
  return new Request(target, { headers });
}

interface Setup {
  readonly cache: MemoryCache;
  readonly handler: ReturnType<typeof vi.fn<(request: Request) => Promise<Response>>>;
  readonly cached: FetchHandler<unknown[]>;
}

function setUp(
  respond: (request: Request) => Response | Promise<Response> = () => complete(),
  options: Omit<HTTPCacheOptions<unknown[]>, 'cache'> = {},
): Setup {
  const cache = new MemoryCache();
  const handler = vi.fn(async (request: Request) => await respond(request));
  const inner = httpCache<unknown[]>(handler, { ...options, cache });
  return { cache, handler, cached: async (request) => await inner(request, invocation) };
}

const [whole, cutOff] = ['{"data":{"isWhole":true}}', '{"data":{"isWhole":false}}'];

/** A handler that waits for `open`, or ends early when its signal is aborted, without an error. */
function cancellable(): Setup & { open(): void } {
  const gate = Promise.withResolvers<void>();
  const setup = setUp(async ({ signal }) => {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    if (!signal.aborted) await Promise.race([gate.promise, aborted]);
    return complete({ 'surrogate-control': 'max-age=60' }, signal.aborted ? cutOff : whole);
  });
  return { ...setup, open: () => gate.resolve() };
}

const held: Promise<unknown>[] = [];
/** The context that Workers pass after the request and the bindings. */
const invocation = { waitUntil: (promise: Promise<unknown>) => void held.push(promise) };

/** Settles when everything that outlives its request has ended. */
async function settle(): Promise<void> {
  while (held.length > 0) await held.shift();
}

/** Waits until the check passes. Hashing a key takes some turns of the event loop. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setImmediate(resolve));
}

/** Advances the faked clock until the promise has settled, and returns its value. */
async function advancing<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  while (!isSettled) await vi.advanceTimersByTimeAsync(10);
  return await settled;
}

const isHit = (response: Response) => response.headers.has('age');

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  held.splice(0);
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  return () => warn.mockRestore();
});

test('passes every other method on, and looks at nothing of it but the URL', async () => {
  const response = new Response();
  const handler = vi.fn(async () => response);
  const bypass = vi.fn(() => true);
  const cached = httpCache<unknown[]>(handler, { cache: () => expect.fail(), bypass });
  for (const method of ['POST', 'HEAD', 'OPTIONS', 'PUT', 'post', 'get']) {
    const request = { method, url: 'http://api.test/graphql' } as Request;
    const platform = [{ env: 1 }, { ctx: 2 }];
    expect(await cached(request, ...platform)).toBe(response);
    expect(handler).toHaveBeenLastCalledWith(request, ...platform);
  }
  expect(bypass).not.toHaveBeenCalled();
  expect(await httpCache<unknown[]>(handler)({ method: 'POST' } as Request)).toBe(response);
});

test('stores a public result, and serves it to others', async () => {
  const { cached, handler, cache } = setUp();
  const first = await cached(get());
  expect([await first.text(), isHit(first)]).toEqual([result, false]);
  await settle();
  const second = await cached(get());
  expect([await second.text(), isHit(second)]).toEqual([result, true]);
  expect(handler).toHaveBeenCalledTimes(1);
  expect([...cache.stored.keys()]).toEqual([
    expect.stringMatching(/^http:\/\/api\.test\/graphql\?graphql=[\da-f]{64}$/),
  ]);
  expect(Object.fromEntries([...second.headers].filter(([name]) => name !== 'date' && name !== 'etag'))).toEqual({
    age: '0',
    'cache-control': 'max-age=60, public',
    'content-length': String(result.length),
    'content-type': 'application/json; charset=utf-8',
    vary: 'accept, content-type, apollo-require-preflight, x-apollo-operation-name, authorization, cookie',
  });
});

/** Returns how often the handler is called for two identical requests. */
async function callsOfTwo(response: (request: Request) => Response, headers: HeadersInit = {}, options = {}) {
  const { cached, handler, cache } = setUp(response, options);
  await cached(get(headers));
  await settle();
  await cached(get(headers));
  await settle();
  const calls = handler.mock.calls.length;
  expect(cache.stored.size).toBe(2 - calls);
  return calls;
}

/** One request header of each kind that makes a request personal by default. */
const credentials = [
  'cookie',
  'proxy-authorization',
  'x-serverless-authorization',
  'apikey',
  'x-api-key',
  'x-goog-api-key',
  'x-auth-token',
  'x-forwarded-access-token',
  'client-cert',
  'x-forwarded-client-cert',
  'cf-access-jwt-assertion',
  'x-amzn-mtls-clientcert',
  'x-amzn-oidc-data',
  'x-goog-authenticated-user-email',
  'x-goog-iap-jwt-assertion',
  'x-ms-client-principal',
  'x-ms-client-principal-id',
  'x-ms-token-aad-id-token',
  'x-forwarded-user',
  'x-auth-request-email',
  'x-remote-user',
];

describe('never stores', () => {
  const cacheControls = [
    'no-store',
    'max-age=60, private',
    'max-age=60',
    'public',
    'public, max-age=0',
    'public, max-age=-1',
    'public, max-age=abc',
    'public, max-age=1.5',
    'public, max-age=60, max-age=60',
    'public, max-age=60, Max-Age=0',
    'public, max-age=60, no-store',
    'public, max-age=60, NO-STORE',
    'public, max-age=60, no-cache',
    'public, max-age=60, no-cache="etag"',
    'public, max-age=60, private="set-cookie, x"',
    'public, max-age=60, Private',
    'public, max-age=60, s-maxage=0',
    'ext="public", max-age=60',
    'ext="a, public, b", max-age=60',
    'public, private="a", max-age=60',
    '',
  ];
  test.each(cacheControls)('the cache-control %j', async (value) => {
    expect(await callsOfTwo(() => complete({ 'cache-control': value }))).toBe(2);
  });

  test.each([
    ['max-age=60, no-store'],
    ['max-age=60, Private'],
    ['max-age=60, no-cache="a, b"'],
    ['max-age=0'],
    ['must-revalidate'],
    ['max-age=60, public', 'max-age=60'],
  ])('the cdn-cache-control %j', async (value, control = 'max-age=60, public') => {
    const headers = { 'cdn-cache-control': value, 'cache-control': control };
    expect(await callsOfTwo(() => complete(headers))).toBe(2);
  });

  const responses: Record<string, () => Response> = {
    'an error with data': () => complete({}, '{"data":{"dice":null},"errors":[{"message":"no"}]}'),
    'an error without data': () => complete({}, '{"errors":[{"message":"no"}]}'),
    'an empty list of errors': () => complete({}, '{"errors":[],"data":{"dice":4}}'),
    'an error whose name is escaped': () => complete({}, '{"data":{"dice":null},"\\u0065rrors":[{"message":"no"}]}'),
    'a batch': () => complete({}, `[${result},${result}]`),
    'neither data nor errors': () => complete({}, '{}'),
    'no object': () => complete({}, '"data"'),
    'no JSON': () => complete({}, '{"data":'),
    'bytes that are compressed': () => complete({ 'content-encoding': 'gzip' }),
    HTML: () => complete({ 'content-type': 'text/html' }),
    text: () => complete({ 'content-type': 'text/plain' }),
    'a look-alike of JSON': () => complete({ 'content-type': 'application/jsonp' }),
    'another JSON': () => complete({ 'content-type': 'application/problem+json' }),
    'a multipart stream': () => complete({ 'content-type': 'multipart/mixed; boundary="-"' }),
    'an event stream': () => complete({ 'content-type': 'text/event-stream' }),
    'a cookie': () => complete({ 'set-cookie': 'a=b' }),
    'vary: *': () => complete({ vary: '*' }),
    'vary: accept, *': () => complete({ vary: 'accept, *' }),
    'a header that the key does not hold': () => complete({ vary: 'Accept, X-Tenant' }),
    'a body without a length': () => {
      const response = complete();
      response.headers.delete('content-length');
      return response;
    },
    'a body of more than 1 MiB': () => complete({}, `{"data":{"long":"${'x'.repeat(1_048_576)}"}}`),
  };
  test.each(Object.keys(responses))('%s', async (name) => {
    expect(await callsOfTwo(responses[name] as () => Response)).toBe(2);
  });

  test.each([201, 203, 206, 301, 400, 404, 405, 500, 503])('the status %d', async (status) => {
    const respond = () => {
      const { headers } = complete();
      return new Response(result, { status, headers });
    };
    expect(await callsOfTwo(respond)).toBe(2);
  });

  test.each<[string, Record<string, string>]>([
    ['authorization', { authorization: 'Bearer x' }],
    ['an empty authorization', { authorization: '' }],
    ...credentials.map((name): [string, Record<string, string>] => [name, { [name]: 'x', 'x-z': 'y' }]),
    ['no-store', { 'cache-control': 'no-store' }],
    ['a Host that reaches into the query', { host: 'a/?query={dice}&x=' }],
  ])('the response to a request with %s', async (_name, headers) => {
    const { cached, handler, cache } = setUp();
    await cached(get(headers));
    await settle();
    await cached(get(headers));
    expect(handler).toHaveBeenCalledTimes(2);
    expect([cache.stored.size, cache.reads]).toEqual([0, 0]);
  });
});

test.each([
  'public, max-age=60',
  'PUBLIC,MAX-AGE=60',
  'max-age="60" , public',
  'public, s-maxage=60, max-age=0',
  'public, max-age=99999999999999999999',
  'public, max-age=60, must-revalidate',
  'public, max-age=60, ext="no-store, private"',
])('stores the cache-control %j', async (value) => {
  expect(await callsOfTwo(() => complete({ 'cache-control': value }))).toBe(1);
});

test('stores what varies by headers that the key holds, and tells them apart', async () => {
  const { cached, handler } = setUp(
    ({ headers }) => complete({ vary: 'Accept, X-Tenant' }, `{"data":{"tenant":"${headers.get('x-tenant')}"}}`),
    { vary: ['X-Tenant'] },
  );
  const ask = async (headers: HeadersInit) => (await cached(get(headers))).text();
  for (const tenant of ['a', 'b', 'a', 'b']) {
    expect(await ask({ 'x-tenant': tenant })).toBe(`{"data":{"tenant":"${tenant}"}}`);
    await settle();
  }
  expect(await ask({})).toBe('{"data":{"tenant":"null"}}');
  expect(await ask({ 'x-tenant': '' })).toBe('{"data":{"tenant":""}}');
  expect(handler).toHaveBeenCalledTimes(4);
  expect((await cached(get())).headers.get('vary')).toBe(
    'Accept, X-Tenant, content-type, apollo-require-preflight, x-apollo-operation-name, authorization, cookie',
  );
});

test('stores the response to a request whose headers only look like credentials', async () => {
  const names = ['x-authorization-mode', 'x-cookie', 'cookie-consent', 'idempotency-key', 'x-csrf-token'];
  expect(await callsOfTwo(() => complete(), Object.fromEntries(names.map((name) => [name, 'x'])))).toBe(1);
});

describe('a personal request', () => {
  test.each([{ authorization: 'Bearer x' }, { cookie: 'a=b' }])('%j is not given what is stored', async (headers) => {
    const { cached, handler } = setUp();
    await cached(get());
    await settle();
    expect(isHit(await cached(get(headers)))).toBe(false);
    expect(handler).toHaveBeenCalledTimes(2);
    expect(isHit(await cached(get()))).toBe(true);
  });

  test('does not wait for one that is not personal, nor the other way round', async () => {
    const gate = Promise.withResolvers<void>();
    const { cached, handler } = setUp(async () => {
      await gate.promise;
      return complete();
    });
    const responses = [cached(get({ cookie: 'a' })), cached(get()), cached(get({ cookie: 'a' }))];
    await until(() => handler.mock.calls.length === 3);
    gate.resolve();
    expect((await Promise.all(responses)).map(isHit)).toEqual([false, false, false]);
  });

  test.each([
    ['max-age=60, public', 'max-age=60, private'],
    ['PUBLIC, Max-Age=60, S-MaxAge=600', 'Max-Age=60, private'],
    ['public, max-age=60, private="x"', 'max-age=60, private'],
    ['max-age=60', 'max-age=60, private'],
    ['max-age=60, private', 'max-age=60, private'],
    ['public', 'private'],
    ['public, max-age=60, stale-while-revalidate=5', 'max-age=60, stale-while-revalidate=5, private'],
    ['no-store', 'no-store, private'],
    ['public, max-age=60, no-store, must-understand', 'max-age=60, no-store, must-understand, private'],
    ['max-age=60, no-cache="a, public", public', 'max-age=60, no-cache="a, public", private'],
    ['public, ext="a\\", public", max-age=60', 'ext="a\\", public", max-age=60, private'],
    ['max-age=10, max-age=10, public', 'max-age=10, max-age=10, private'],
    ['public, max-age=60, ext="a', 'max-age=60, private'],
    ['', 'private'],
  ])('makes %j of its response %j to the caches in front', async (from, to) => {
    for (const cache of [undefined, new MemoryCache()]) {
      const cached = httpCache(async () => complete({ 'cache-control': from, 'cdn-cache-control': 'max-age=9' }), {
        ...(cache && { cache }),
      });
      const { headers } = await cached(get({ cookie: 'a=b' }));
      expect(headers.get('cache-control')).toBe(to);
      expect(headers.has('cdn-cache-control')).toBe(false);
    }
  });

  test.each([
    'CDN-Cache-Control',
    'Cloudflare-CDN-Cache-Control',
    'X-LiteSpeed-Cache-Control',
    'Surrogate-Control',
    'Edge-Control',
    'X-Accel-Expires',
  ])('has no %s, which would overrule the rest', async (name) => {
    const { cached } = setUp(() => complete({ [name]: 'public, max-age=600' }));
    expect((await cached(get({ cookie: 'a=b' }))).headers.has(name)).toBe(false);
    expect((await cached(get())).headers.get(name)).toBe('public, max-age=600');
  });

  const kinds: Record<string, () => Response> = {
    'a result': () => complete(),
    'an error': () => new Response(result, { status: 500, headers: complete().headers }),
    'no result': () => complete({}, '{"errors":[]}'),
    'a stream': () => complete({ 'content-type': 'text/event-stream' }),
    'a page': () => complete({ 'content-type': 'text/html' }),
    'a redirect, whose headers are immutable': () => Response.redirect('http://api.test/'),
    'nothing said about caching': () => {
      const response = complete({ expires: new Date(Date.now() + 60_000).toUTCString() });
      response.headers.delete('cache-control');
      return response;
    },
  };
  test.each(Object.keys(kinds))('%s is private, and so is one with a cookie to any request', async (name) => {
    const respond = kinds[name] as () => Response;
    const personal = await setUp(respond).cached(get({ 'x-api-key': '1' }));
    const other = await setUp(() => {
      const { body, ...rest } = respond();
      const { status, headers } = respond();
      const response = new Response(body, { ...rest, status, headers });
      response.headers.append('set-cookie', 'a=b');
      return response;
    }).cached(get());
    for (const response of [personal, other]) {
      expect(response.headers.get('cache-control')).toMatch(/^(max-age=60, )?private$/);
      expect(response.headers.has('etag')).toBe(name === 'a result');
      expect([response.status, await response.text()]).toEqual([respond().status, await respond().text()]);
    }
  });

  test('keeps each of its cookies', async () => {
    const { cached } = setUp(() => {
      const response = complete({ 'set-cookie': 'a=1' });
      response.headers.append('set-cookie', 'b=2');
      return response;
    });
    expect((await cached(get({ cookie: 'x' }))).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });
});

describe('bypass', () => {
  test('takes the place of the default, with the request and what the platform passes', async () => {
    const bypass = vi.fn((request: Request, env: { secret: string }) => request.headers.get('x-key') === env.secret);
    const cache = new MemoryCache();
    const handler = vi.fn(async (_request: Request, _env: { secret: string }) => complete());
    const cached = httpCache(handler, { cache, bypass });
    const env = { secret: 's', ...invocation };
    await cached(get({ cookie: 'a=b', authorization: 'x' }), env);
    await settle();
    expect(isHit(await cached(get({ cookie: 'c=d' }), env))).toBe(true);
    const personal = await cached(get({ 'x-key': 's' }), env);
    expect([isHit(personal), personal.headers.get('cache-control')]).toEqual([false, 'max-age=60, private']);
    expect(bypass).toHaveBeenLastCalledWith(expect.any(Request), env);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('may be async', async () => {
    const { cached } = setUp(undefined, { bypass: async () => true });
    expect((await cached(get())).headers.get('cache-control')).toBe('max-age=60, private');
  });

  test('that throws makes the response private', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    const { cached, cache } = setUp(undefined, {
      bypass: () => {
        throw new Error('no');
      },
    });
    expect((await cached(get())).headers.get('cache-control')).toBe('max-age=60, private');
    expect([cache.stored.size, error.mock.calls.length]).toEqual([0, 1]);
  });

  test('does not let a response that varies by cookie be stored, unless `vary` names it', async () => {
    const respond = () => complete({ vary: 'Cookie' });
    expect(await callsOfTwo(respond, { cookie: 'a' }, { bypass: () => false })).toBe(2);
    expect(await callsOfTwo(respond, { cookie: 'a' }, { bypass: () => false, vary: ['cookie'] })).toBe(1);
  });
});

describe('the key', () => {
  const dice = encodeURIComponent('query Q($a: Int) { dice }');
  const same = [
    [`?query=${dice}&variables={"a":1}`, `?variables={"a":1}&query=${dice}`],
    [`?query=${dice}&variables={"a":1}`, `?query=${dice}&variables=%7B%20%22a%22%20:%0A1%20%7D`],
    [`?query=${dice}&extensions={"a":[1,2]}`, `?query=${dice}&extensions={"a":[1, 2 ]}`],
    [`?query=${dice}&operationName=Q`, `?operationName=Q&query=${dice}`],
    ['?documentId=a&variables={"a":1}', '?variables={"a": 1}&documentId=a'],
    ['?query=%7Bdice%7D', '?query={dice}'],
    ['?query=%7bdice%7d', '?query=%7Bdice%7D'],
    ['?x=1&query={dice}&y=2', '?query={dice}&x=1&y=2'],
    ['?query={dice}', '?query={dice}#fragment'],
  ];
  test.each(same)('%s and %s share one', async (one, other) => {
    const { cached, handler } = setUp();
    await cached(get({}, `http://api.test/${one}`));
    await settle();
    expect(isHit(await cached(get({}, `http://api.test/${other}`)))).toBe(true);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  const passing = [
    '',
    '?',
    '?query=',
    '?operationName=Q',
    '?documentId=',
    '?documentId=a&documentId=a',
    '?query={dice}&query={dice}',
    '?query={dice}&%71uery={dice}',
    '?query={dice}&variables={}&variables={}',
    '?query={dice}&operationName=a&operationName=b',
    '?query={dice}&extensions={}&extensions={}',
    '?query={dice}&variables=',
    '?query={dice}&variables={',
    '?query={dice}&variables=[]',
    '?query={dice}&variables=null',
    '?query={dice}&variables=1',
    '?query={dice}&extensions=%zz',
    `?query={dice}&extensions=${encodeURIComponent('{"persistedQuery":{"version":1,"sha256Hash":"0"}}')}`,
  ];
  test.each(passing)('%s has none, and passes', async (search) => {
    const { cached, handler, cache } = setUp();
    const request = get({ 'cache-control': 'only-if-cached' }, `http://api.test/${search}`);
    expect((await cached(request)).status).toBe(200);
    expect(handler.mock.calls[0]?.[0]).toBe(request);
    expect([cache.reads, cache.stored.size]).toEqual([0, 0]);
  });

  const long = 'x'.repeat(60_000);
  test.each([
    [`http://api.test/graphql?query={dice}&variables={"a":"${long}"}`, 'http://api.test/graphql'],
    [`https://api.test/${'x'.repeat(230)}?query={dice}`, `https://api.test/${'x'.repeat(230)}`],
    [`http://api.test/${'{'.repeat(100)}?query={dice}`, 'http://graphql.invalid/'],
    [`http://${long}/graphql?query={dice}`, 'http://graphql.invalid/'],
    // Deno's URLs of requests over a Unix socket.
    ['http+unix://localhost/graphql?query={dice}', 'http://localhost/graphql'],
    ['http+unix://%2F/graphql?query={dice}', 'http://graphql.invalid/'],
  ])('is a short URL that HTTP has, whatever a client sends: %#', async (target, shown) => {
    const key = async (name: string, value: string, path = '') => {
      const url = target.replace('?', `${path}?`);
      const request = new Request('http://a.test', { headers: { [name]: value } });
      return await keyOf(Object.defineProperty(request, 'url', { value: url }), [name]);
    };
    const keys = [await key('accept', long), await key('accept', ''), await key('x', ''), await key('x', '', '/')];
    expect(keys[0]?.split('?graphql=')).toEqual([shown, expect.stringMatching(/^[\da-f]{64}$/)]);
    expect(new Set(keys).size).toBe(4);
  });

  test('keeps nothing else of the URL in memory', async () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const keys = [];
    const heap = () => {
      gc();
      return process.memoryUsage().heapUsed / 1e6;
    };
    const before = heap();
    for (let count = 0; count < 200; count++) {
      keys.push(await keyOf(get({}, `http://api.test/graphql/of/the/shop?query={dice}&x=${long}${count}`), []));
    }
    expect(heap() - before).toBeLessThan(6);
    expect(new Set(keys).size).toBe(200);
  });

  test('tells requests for a trace apart, and names their header to the caches in front', async () => {
    const { cached, handler } = setUp();
    const vary = async (headers: HeadersInit) => (await cached(get(headers))).headers.get('vary');
    expect(await vary({ 'apollo-federation-include-trace': 'ftv1' })).toMatch(/, apollo-federation-include-trace$/);
    // Not for the others, because nginx stores no response whose Vary is longer than 128 bytes.
    expect(await vary({})).not.toContain('trace');
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('tells two versions of a server apart whose responses vary by other headers', async () => {
    const cache = new MemoryCache();
    const ask = async (name: string) => {
      const handler = async ({ headers }: Request) => complete({}, `{"data":{"for":"${name} ${headers.get(name)}"}}`);
      return await (await httpCache<unknown[]>(handler, { cache, vary: [name] })(get({ [name]: '42' }))).text();
    };
    expect([await ask('x-tenant'), await ask('x-user')]).toEqual([
      '{"data":{"for":"x-tenant 42"}}',
      '{"data":{"for":"x-user 42"}}',
    ]);
  });

  test('a URL that does not parse passes', async () => {
    const { cached, cache } = setUp();
    const request = Object.defineProperty(get(), 'url', { value: 'http://a host/?query={dice}' });
    expect((await cached(request)).status).toBe(200);
    expect(cache.reads).toBe(0);
  });
});

test('no two requests to which Apollo Server responds differently get the same response', async () => {
  const server = new ApolloServer<{ request: Request }>({
    typeDefs: `
      directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
      type Query { float(of: Float): String @cacheControl(maxAge: 60), text(of: String): String @cacheControl(maxAge: 60)
        path: String @cacheControl(maxAge: 60), parameter: String @cacheControl(maxAge: 60) }
      type Mutation { change: Boolean @cacheControl(maxAge: 60) }
    `,
    resolvers: {
      Query: {
        float: (_parent, { of }) => (Object.is(of, -0) ? '-0' : String(of)),
        text: (_parent, { of }) => JSON.stringify(of) ?? 'undefined',
        path: (_parent, _args, { request }) => request.url.replace(/\?.*/, ''),
        parameter: (_parent, _args, { request }) => /[?&]x=([^&]*)/.exec(request.url)?.[1] ?? 'none',
      },
    },
    // As in a subgraph.
    plugins: [ApolloServerPluginInlineTrace()],
    includeStacktraceInErrorResponses: false,
    nodeEnv: 'production',
  });
  const graphql = createFetchHandler(server, { context: async ({ request }) => ({ request }) });
  const float = encodeURIComponent('query ($a: Float) { float(of: $a) }');
  const text = encodeURIComponent('query ($a: String) { text(of: $a) }');
  const two = encodeURIComponent('query A { float(of: 1) } query B { float(of: 2) }');
  const targets = [
    ...[
      '{}',
      '{"a":null}',
      '{"a":1e400}',
      '{"a":1}',
      '{"a":1.0}',
      '{"a":0}',
      '{"a":-0}',
      '{"a":"1"}',
      '{"a":1,"a":2}',
      '{"a": 1 2}',
      '{"a":12}',
      '{"A":1}',
      '{"a":1}}',
      '',
      'null',
    ].map((variables) => `/?query=${float}&variables=${encodeURIComponent(variables)}`),
    ...[
      '{"a":"x y"}',
      '{"a":"xy"}',
      '{"a":"x  y"}',
      '{"a":" xy"}',
      '{"a":"x\\"y"}',
      '{"a":"x\\" y"}',
      '{"a":"\\ud800"}',
      '{"a":"\\ud801"}',
      '{"a":"\ufffd"}',
      '{"a":"\\\\"}',
      '{ "a" : "\\\\ " }',
    ].map((variables) => `/?query=${text}&variables=${encodeURIComponent(variables)}`),
    `/?query=${text}`,
    `/?query=${text}&query=${text}`,
    `/?query=${text}&%71uery=${float}`,
    `/?query=${text}&Query=${float}`,
    ...['A', 'B', '', 'C'].map((name) => `/?query=${two}&operationName=${name}`),
    `/?query=${two}`,
    ...['/', '/a', '/a/../b', '/b', '//b', '/b/', '/%62', '/./b'].map((path) => `${path}?query={path}`),
    ...['1', '2', '%31', '%ff', '%fe', '%zz', '1&x=2', '', '+', '%20', '%2B'].map((x) => `/?query={parameter}&x=${x}`),
    '/?x=1&query={parameter}&x=2',
    '/?query={parameter}',
    '/?query=mutation{change}',
    '/?query={parameter}&extensions={"a":1}',
    '/?query={parameter}&extensions=1',
    '/?query={parameter',
    '/?query={nope}',
    '/',
  ];
  const heads: Record<string, string>[] = [
    { 'apollo-require-preflight': '1' },
    { 'x-apollo-operation-name': 'Q' },
    { 'apollo-require-preflight': '' },
    {},
    { 'content-type': 'application/json' },
    { 'content-type': 'application/graphql' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'text/plain', 'apollo-require-preflight': '1' },
    { 'apollo-require-preflight': '1', accept: 'application/graphql-response+json' },
    { 'apollo-require-preflight': '1', accept: 'text/html' },
    { 'apollo-require-preflight': '1', accept: 'image/png' },
    { 'apollo-require-preflight': '1', accept: '*/*' },
    { 'apollo-require-preflight': '1', 'apollo-federation-include-trace': 'ftv1' },
  ];
  const requests = [
    ...targets.map((target) => [target, heads[0] as Record<string, string>] as const),
    ...heads.map((headers) => ['/?query={parameter}', headers] as const),
  ].map(
    ([target, headers]) =>
      () =>
        // The class would normalise this URL, but a bridge to Node passes the raw target on.
        Object.defineProperty(get(headers), 'url', { value: `http://api.test${target}` }),
  );
  const seen = async (response: Response) =>
    // The landing page contains a nonce, and a trace contains times.
    JSON.stringify([response.status, response.headers.get('content-type'), await response.text()]).replace(
      /[\da-f]{64}|(?<=ftv1).*/g,
      '',
    );
  const expected = await Promise.all(requests.map(async (make) => await seen(await graphql(make()))));
  expect(new Set(expected).size).toBeGreaterThan(30);
  const cached = httpCache(graphql, { cache: new MemoryCache() });
  let hits = 0;
  for (let round = 0; round < 2; round++) {
    for (const [index, make] of [...requests.entries(), ...[...requests.entries()].reverse()]) {
      const response = await cached(make(), invocation);
      if (isHit(response)) hits++;
      expect(await seen(response), make().url).toBe(expected[index]);
      await settle();
    }
  }
  expect(hits).toBeGreaterThan(100);
});

describe('entity tags', () => {
  const etag = '"Zol0+Jl4MIFlZlCvbHbqXYEBzcF4WKWnCKSvZAtYvl4="';
  const tagOf = async (response: Response, options?: HTTPCacheOptions<unknown[]>) =>
    (await httpCache<unknown[]>(async () => response, options)(get())).headers.get('etag');

  test('is a weak one of the bytes and the media type, without a cache too', async () => {
    const tags = await Promise.all([
      tagOf(complete()),
      tagOf(complete(), { cache: new MemoryCache() }),
      tagOf(complete({ 'cache-control': 'max-age=60, private' })),
      tagOf(complete({ 'cache-control': 'no-cache' })),
      tagOf(complete({}, '{"data":{"dice":5}}\n')),
      tagOf(complete({ 'content-type': 'application/graphql-response+json' })),
    ]);
    expect(tags[0]).toMatch(/^W\/"[\w+/]{43}="$/);
    expect(new Set(tags.slice(0, 4)).size).toBe(1);
    expect(new Set(tags).size).toBe(3);
  });

  test("leaves the owner's in place", async () => {
    expect(await tagOf(complete({ etag: 'W/"mine"' }))).toBe('W/"mine"');
    const cached = httpCache(async () => complete({ etag: '"a-gzip"' }));
    const statusOf = async (tag: string) => (await cached(get({ 'if-none-match': tag }))).status;
    expect([await statusOf('"a-gzip"'), await statusOf('"a"')]).toEqual([304, 200]);
  });

  test.each<[string, Response]>([
    ['no-store', complete({ 'cache-control': 'no-store' })],
    ['no cache-control', new Response(result, { headers: { 'content-type': 'application/json' } })],
    ['an error', complete({}, '{"data":null,"errors":[{"message":"no"}]}')],
    ['a page', complete({ 'content-type': 'text/html' })],
    ['more than 1 MiB', complete({}, `{"data":{"long":"${'x'.repeat(1_048_576)}"}}`)],
  ])('there is none with %s', async (_name, response) => {
    const before = [...response.headers];
    const body = await response.clone().text();
    const after = await httpCache(async () => response)(get({ 'if-none-match': '*' }));
    expect([after.status, [...after.headers], await after.text()]).toEqual([200, before, body]);
  });

  test.each([
    [etag, true],
    [`W/${etag}`, true],
    ['*', true],
    [' * ', true],
    [`"a", ${etag}`, true],
    [`"a,b",W/"c" ,\tW/${etag}, "d"`, true],
    [`"a" ${etag}`, true],
    [etag.replace(/"$/, '-gzip"'), true],
    [etag.replace(/"$/, '--gzip"'), true],
    [`W/${etag.replace(/"$/, '-br"')}`, true],
    [etag.replace(/"$/, '---gzip"'), false],
    [etag.replace(/"$/, '-gzip-gzip"'), false],
    [etag.replace(/"$/, '-1"'), false],
    ['"a"', false],
    ['', false],
    [etag.replaceAll('"', ''), false],
    [etag.slice(0, -1), false],
    [`w/${etag.slice(1)}`, false],
    ['"*"', false],
    ['*, "a"', false],
    [etag.toLowerCase(), false],
    ['"'.repeat(8000), false],
  ])('If-None-Match: %s names it: %s', async (value, isNamed) => {
    const respond = () => complete({ etag, 'access-control-allow-origin': 'https://a.test', 'last-modified': 'x' });
    const response = await httpCache(async () => respond())(get({ 'if-none-match': value }));
    expect([response.status, await response.text()]).toEqual(isNamed ? [304, ''] : [200, result]);
    expect(response.body === null).toBe(isNamed);
    const names = [...response.headers.keys()];
    const always = ['access-control-allow-origin', 'cache-control', 'date', 'etag', 'vary'];
    const rest = ['content-length', 'content-type', 'last-modified'];
    expect(names).toEqual(isNamed ? always : [...always, ...rest].sort());
  });
});

describe('a cache', () => {
  const rubbish: Record<string, () => unknown> = {
    'no body': () => new Response(),
    text: () => new Response('rubbish'),
    'a line of JSON': () => new Response('{}\nx'),
    null: () => null,
    'no response': () => ({}),
    'another entry': () => new Response('{"key":"x","generated":1,"length":1,"headers":[]}\nx'),
    'an error while it is read': () =>
      new Response(new ReadableStream({ pull: (body) => body.error(new Error('no')) })),
    'a body that never ends': () => new Response(new ReadableStream()),
  };
  const faults: Record<string, () => unknown> = {
    ...rubbish,
    'a rejection': () => Promise.reject(new Error('down')),
    'a promise that never settles': () => new Promise(() => {}),
    'an exception': () => {
      throw new Error('down');
    },
  };

  test.each(Object.keys(faults))('costs no request its response: %s', async (name) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const fault = faults[name] as () => never;
    const handler = vi.fn(async () => complete());
    const cached = httpCache(handler, { cache: { match: fault, put: fault, delete: fault } });
    const response = cached(get());
    await until(() => vi.getTimerCount() > 0 || handler.mock.calls.length > 0);
    await vi.advanceTimersByTimeAsync(500);
    expect(await (await response).text()).toBe(result);
    expect(handler).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1000);
    const again = cached(get());
    await until(() => vi.getTimerCount() > 0 || handler.mock.calls.length > 1);
    await vi.advanceTimersByTimeAsync(500);
    expect(await (await again).text()).toBe(result);
    if (name !== 'null') expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^The HTTP cache failed to /));
  });

  test('that fails costs no request its response, even if it cannot be reported', async () => {
    warn.mockImplementation(() => {
      throw new Error('no');
    });
    const fault = () => Promise.reject(new Error('down'));
    const cached = httpCache(async () => complete(), { cache: { match: fault, put: fault, delete: fault } });
    expect(await (await cached(get())).text()).toBe(result);
  });

  test('returns what was cut off: it is a miss', async () => {
    const { cached, cache, handler } = setUp();
    await cached(get());
    await settle();
    for (const [key, stored] of cache.stored) cache.stored.set(key, { ...stored, bytes: stored.bytes.slice(0, -1) });
    expect(isHit(await cached(get()))).toBe(false);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('that is a promise which rejects ends nothing before the first request', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const cached = httpCache(async () => complete(), { cache: Promise.reject(new Error('closed')) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await (await cached(get())).text()).toBe(result);
    await settle();
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('is asked for at each use, and not before', async () => {
    const cache = vi.fn(async () => new MemoryCache());
    const cached = httpCache<unknown[]>(async () => complete(), { cache });
    expect(cache).not.toHaveBeenCalled();
    await cached(get(), invocation);
    await settle();
    expect(cache).toHaveBeenCalledTimes(2);
  });

  test('forgets an entry that has expired and has no successor', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { cached, cache, handler } = setUp();
    await cached(get());
    await settle();
    handler.mockImplementation(async () => complete({ 'cache-control': 'no-store' }));
    vi.setSystemTime(Date.now() + 60_000);
    expect(isHit(await cached(get()))).toBe(false);
    await settle();
    expect(cache.stored.size).toBe(0);
  });

  test('gets headers that no cache changes, and the tags to purge by', async () => {
    const { cached, cache } = setUp(() =>
      complete({
        'cache-tag': 'books',
        vary: 'Accept',
        connection: 'close, X-Hop',
        'x-hop': '1',
        'keep-alive': 'x',
        te: 'x',
      }),
    );
    await cached(get());
    await settle();
    const [stored] = cache.stored.values();
    expect(Object.fromEntries(stored?.headers ?? [])).toEqual({
      'cache-control': 'public, max-age=60',
      'cache-tag': 'books',
      'content-type': 'application/octet-stream',
    });
    const { headers } = await cached(get());
    expect(['connection', 'x-hop', 'keep-alive', 'te'].filter((name) => headers.has(name))).toEqual([]);
  });
});

describe('identical requests at once', () => {
  function gated(respond: () => Response = () => complete()) {
    const gate = Promise.withResolvers<void>();
    const setup = setUp(async () => {
      await gate.promise;
      return respond();
    });
    return { ...setup, open: () => gate.resolve() };
  }

  test('are executed once', async () => {
    const { cached, handler, cache, open } = gated();
    const responses = Array.from({ length: 50 }, () => cached(get()));
    await until(() => held.length === 50);
    open();
    const texts = await Promise.all((await Promise.all(responses)).map((response) => response.text()));
    expect(texts).toEqual(Array(50).fill(result));
    await settle();
    expect([handler.mock.calls.length, cache.reads, cache.stored.size]).toEqual([1, 1, 1]);
  });

  test.each<[string, () => Response]>([
    ['a private response', () => complete({ 'cache-control': 'max-age=60, private' })],
    ['a cookie', () => complete({ 'set-cookie': 'a=b' })],
    ['an error', () => complete({}, '{"errors":[]}')],
    ['a stream', () => new Response('x', { headers: { 'content-type': 'multipart/mixed' } })],
  ])('each get their own response if it is %s, all at the same time', async (_name, respond) => {
    const { cached, handler, cache, open } = gated(respond);
    const responses = Array.from({ length: 10 }, () => cached(get()));
    await until(() => handler.mock.calls.length > 0);
    const gate = Promise.withResolvers<void>();
    let running = 0;
    handler.mockImplementation(async () => {
      if (++running === 9) gate.resolve();
      await gate.promise;
      return respond();
    });
    open();
    const all = await Promise.all(responses);
    expect(new Set(all).size).toBe(10);
    expect(handler).toHaveBeenCalledTimes(10);
    // From now on, no request waits for another one or asks the cache.
    await Promise.all([cached(get()), cached(get())]);
    expect([handler.mock.calls.length, cache.reads]).toEqual([12, 1]);
  });

  test('a key whose response could not be stored is stored as soon as it can be', async () => {
    const { cached, handler } = setUp(() => complete({ 'cache-control': 'no-store' }));
    await cached(get());
    await cached(get());
    handler.mockImplementation(async () => complete());
    await cached(get());
    await settle();
    expect(isHit(await cached(get()))).toBe(true);
    expect(handler).toHaveBeenCalledTimes(3);
  });

  test('one takes over after five seconds, the others go on waiting, and the first response is for all', async () => {
    const made: PromiseWithResolvers<Response>[] = [];
    const { cached, cache, handler } = setUp(() => {
      const response = Promise.withResolvers<Response>();
      made.push(response);
      return response.promise;
    });
    const first = cached(get());
    await until(() => made.length === 1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const others = Array.from({ length: 4 }, () => cached(get()));
    await until(() => vi.getTimerCount() === 4);
    for (const [milliseconds, executions] of [
      [4900, 1],
      [200, 2],
      [4700, 2],
      [300, 3],
    ] as const) {
      await vi.advanceTimersByTimeAsync(milliseconds);
      expect(handler).toHaveBeenCalledTimes(executions);
    }
    const all = Promise.allSettled([first, ...others]);
    // As long as one is executed, the failure of another concerns nobody else.
    made[0]?.reject(new Error('no'));
    await first.catch(() => {});
    const late = cached(get());
    await until(() => vi.getTimerCount() === 3 || made.length > 3);
    await vi.advanceTimersByTimeAsync(50);
    expect(handler).toHaveBeenCalledTimes(3);
    made[1]?.resolve(complete());
    await until(() => cache.stored.size === 1);
    await advancing(Promise.any(others));
    made[2]?.resolve(complete());
    const seen = (await advancing(all)).map((settled) => settled.status === 'fulfilled' && isHit(settled.value));
    expect(seen.sort()).toEqual([false, false, false, true, true]);
    expect(isHit(await advancing(late))).toBe(true);
    await vi.advanceTimersByTimeAsync(50);
    expect([handler.mock.calls.length, vi.getTimerCount()]).toEqual([3, 0]);
    expect(isHit(await cached(get()))).toBe(true);
  });

  test('a handler that rejects, which ours never does, leaves nobody waiting', async () => {
    const { cached, handler, open } = gated(() => {
      throw new Error('no');
    });
    const first = cached(get());
    await until(() => handler.mock.calls.length === 1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const second = cached(get());
    await until(() => vi.getTimerCount() > 0);
    const settled = Promise.allSettled([first, second]);
    open();
    await first.catch(() => {});
    await vi.advanceTimersByTimeAsync(50);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    handler.mockImplementation(async () => complete());
    expect(await (await cached(get())).text()).toBe(result);
  });

  test.each(['no-cache', 'max-age=0'])('one that asks for %s waits for nobody', async (cacheControl) => {
    const { cached, handler, open } = gated();
    const responses = [cached(get()), cached(get({ 'cache-control': cacheControl }))];
    await until(() => handler.mock.calls.length === 2);
    open();
    await Promise.all(responses);
  });

  test('the client of the first leaves, and the others get their response', async () => {
    const { cached, handler, open } = cancellable();
    const client = new AbortController();
    const first = cached(new Request(url, { signal: client.signal }));
    await until(() => handler.mock.calls.length === 1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const second = cached(get());
    await until(() => vi.getTimerCount() > 0);
    client.abort();
    open();
    await first;
    await vi.advanceTimersByTimeAsync(50);
    for (const response of [await first, await second]) expect(await response.text()).toBe(whole);
    expect([handler.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  test('the only client leaves, and the signal is aborted with its reason', async () => {
    const { cached, handler } = cancellable();
    const client = new AbortController();
    const request = new Request(url, { signal: client.signal });
    const response = cached(request);
    await until(() => handler.mock.calls.length === 1);
    client.abort(new Error('gone'));
    expect(await (await response).text()).toBe(cutOff);
    expect(request.signal.reason).toEqual(new Error('gone'));
  });

  test('all clients leave one after the other, and each execution is aborted', async () => {
    const { cached, handler, cache } = cancellable();
    const clients = Array.from({ length: 4 }, () => new AbortController());
    const responses = [];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    for (const [index, { signal }] of clients.entries()) {
      responses.push(cached(new Request(url, { signal })));
      await until(() => handler.mock.calls.length === 1 && vi.getTimerCount() === index);
    }
    for (const client of clients) {
      expect(handler.mock.calls[0]?.[0].signal.aborted).toBe(false);
      client.abort();
      await vi.advanceTimersByTimeAsync(100);
    }
    await until(() => handler.mock.calls.length === 4);
    await vi.advanceTimersByTimeAsync(200);
    expect(await Promise.all(responses.map(async (response) => (await response).text()))).toEqual(
      Array(4).fill(cutOff),
    );
    expect([cache.stored.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('one whose client has left does not take over while others wait', async () => {
    const { cached, handler } = cancellable();
    const client = new AbortController();
    void cached(get());
    await until(() => handler.mock.calls.length === 1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const gone = new Request(url, { signal: client.signal });
    const there = get();
    void cached(gone);
    await until(() => vi.getTimerCount() === 1);
    client.abort();
    await vi.advanceTimersByTimeAsync(1000);
    void cached(there);
    await until(() => vi.getTimerCount() === 2);
    await vi.advanceTimersByTimeAsync(5100);
    await until(() => handler.mock.calls.length > 1);
    expect(handler.mock.calls.map(([request]) => request)).toEqual([expect.any(Request), there]);
  });

  test('one that comes after the only client has left does not wait for its response', async () => {
    const { cached, handler } = setUp(() => new Promise(() => {}));
    const client = new AbortController();
    const request = new Request(url, { signal: client.signal });
    handler.mockImplementationOnce(async ({ signal }) => await new Promise(() => signal.aborted));
    void cached(request);
    await until(() => handler.mock.calls.length === 1);
    client.abort();
    handler.mockImplementation(async () => complete());
    expect(isHit(await cached(get()))).toBe(false);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('a stream ends with its client, although others have waited for it', async () => {
    const gate = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const { cached, handler } = setUp(async ({ signal }) => {
      signals.push(signal);
      await gate.promise;
      return new Response(new ReadableStream(), { headers: { 'content-type': 'multipart/mixed' } });
    });
    const client = new AbortController();
    const first = cached(new Request(url, { signal: client.signal }));
    await until(() => handler.mock.calls.length === 1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const second = cached(get());
    await until(() => vi.getTimerCount() > 0);
    client.abort();
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve();
    await first;
    expect(signals[0]?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(50);
    await second;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  test('one that wants a younger response than the one that is found is executed itself', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { cached, handler, cache } = setUp();
    await cached(get());
    await settle();
    const gate = Promise.withResolvers<void>();
    const match = cache.match.bind(cache);
    cache.match = async (key) => {
      await gate.promise;
      return await match(key);
    };
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() + 30_000 });
    const first = cached(get());
    await until(() => vi.getTimerCount() === 1);
    const second = cached(get({ 'cache-control': 'max-age=10' }));
    await until(() => vi.getTimerCount() === 2);
    gate.resolve();
    await first;
    await vi.advanceTimersByTimeAsync(50);
    expect((await first).headers.get('age')).toBe('30');
    expect(isHit(await second)).toBe(false);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  /** A cache whose writes wait until `open` is called. */
  function slowToWrite() {
    const setup = setUp();
    const gate = Promise.withResolvers<void>();
    const put = setup.cache.put.bind(setup.cache);
    setup.cache.put = async (url, response) => {
      await gate.promise;
      await put(url, response);
    };
    return { ...setup, open: () => gate.resolve() };
  }

  test('one that comes while the response is being stored gets it too', async () => {
    const { cached, handler, cache, open } = slowToWrite();
    await cached(get());
    expect(isHit(await cached(get()))).toBe(true);
    expect([handler.mock.calls.length, cache.reads, cache.stored.size]).toEqual([1, 1, 0]);
    open();
    await settle();
    expect(cache.stored.size).toBe(1);
  });

  test.each([{}, { 'cache-control': 'no-cache' }])('a write that outlives its request is held: %j', async (headers) => {
    const { cached, cache, open } = slowToWrite();
    await cached(get(headers));
    open();
    await settle();
    expect(cache.stored.size).toBe(1);
  });

  test('the making of a response is held until it has ended, and so are those who wait for it', async () => {
    const { cached, handler, open } = gated();
    const response = cached(get());
    await until(() => handler.mock.calls.length === 1);
    expect(held).toHaveLength(1);
    void cached(get());
    await until(() => held.length === 2);
    open();
    await settle();
    expect(await (await response).text()).toBe(result);
  });

  test('no signal is read that the handler does not read, because Deno warns of that', async () => {
    const { cached, handler, open } = gated();
    const signal = vi.fn();
    const ask = (headers = {}) =>
      cached(Object.defineProperty(get(headers), 'signal', { get: signal, configurable: true }));
    const responses = [ask(), ask()];
    await until(() => held.length === 2);
    responses.push(ask({ 'cache-control': 'no-cache' }), ask({ cookie: 'a=b' }));
    await until(() => handler.mock.calls.length === 3);
    open();
    await Promise.all(responses);
    expect(signal).not.toHaveBeenCalled();
  });
});

test('remembers a thousand keys whose responses could not be stored, and forgets the oldest', () => {
  const keys = new RecentKeys(Number.POSITIVE_INFINITY);
  for (let key = 0; key < 1001; key++) keys.add(String(key));
  expect(['0', '1', '1000'].map((key) => keys.has(key))).toEqual([false, true, true]);
  keys.add('1');
  keys.add('1001');
  expect(['1', '2', '3'].map((key) => keys.has(key))).toEqual([true, false, true]);
});

describe('a response that was made under an aborted signal is kept by no cache', () => {
  async function expectUnkept({ cached, cache }: Setup, response: Promise<Response>) {
    const { headers, text } = await response.then(async ({ headers, body }) => ({
      headers,
      text: await new Response(body).text(),
    }));
    expect([text, headers.get('cache-control')]).toEqual([cutOff, expect.stringMatching(/^no-store/)]);
    expect(['etag', 'surrogate-control'].filter((name) => headers.has(name))).toEqual([]);
    await settle();
    expect(cache.stored.size).toBe(0);
    // What another process stores meanwhile is used.
    await httpCache<unknown[]>(async () => complete(), { cache })(get(), invocation);
    await settle();
    expect(isHit(await cached(get()))).toBe(true);
  }

  test.each([{}, { 'cache-control': 'no-cache' }, { 'cache-control': 'max-age=0' }, { cookie: 'a=b' }])(
    'its client has left: %j',
    async (headers) => {
      const setup = cancellable();
      const client = new AbortController();
      const response = setup.cached(new Request(url, { headers, signal: client.signal }));
      await until(() => setup.handler.mock.calls.length === 1);
      client.abort();
      await expectUnkept(setup, response);
    },
  );

  test('its client has left, and there is no cache in this process', async () => {
    const { handler } = cancellable();
    const response = await httpCache(handler)(new Request(url, { signal: AbortSignal.abort() }));
    expect([await response.text(), response.headers.get('cache-control')]).toEqual([cutOff, 'no-store']);
  });

  test.each(['outside', 'inside'])('drain() %s of httpCache() has aborted it', async (where) => {
    const setup = cancellable();
    const plugins: ApolloServerPlugin[] = [];
    const server = { addPlugin: (plugin: ApolloServerPlugin) => void plugins.push(plugin), logger: console };
    const drained = (handler: FetchHandler<unknown[]>) =>
      drain(handler, { server, close: () => {}, stopGracePeriodMillis: 5 });
    const handler =
      where === 'outside'
        ? drained(setup.cached)
        : httpCache<unknown[]>(drained(setup.handler), { cache: setup.cache });
    const response = handler(get(), invocation);
    await until(() => setup.handler.mock.calls.length === 1);
    const listener = await plugins[0]?.serverWillStart?.({} as never);
    await listener?.drainServer?.();
    await expectUnkept(setup, response);
  });

  test('the deadline of a Lambda function has aborted it', async () => {
    const setup = cancellable();
    const event = {
      rawPath: '/graphql',
      rawQueryString: 'query={dice}',
      headers: { host: 'api.test' },
      requestContext: { domainName: 'api.test', http: { method: 'GET' } },
    };
    const response = createLambdaHandler(setup.cached)(event, { getRemainingTimeInMillis: () => 20 });
    await expectUnkept(
      setup,
      response.then(({ body, headers }) => new Response(body, { headers: headers as Record<string, string> })),
    );
  });

  test('a wrapper inside has aborted it, and others wait', async () => {
    const setup = cancellable();
    const { handler } = setup;
    const inner = new AbortController();
    const cached = httpCache<unknown[]>(
      async (request) => {
        if (handler.mock.calls.length === 0)
          replaceSignal(request, (own) => AbortSignal.any([own() as AbortSignal, inner.signal]));
        return await handler(request);
      },
      { cache: setup.cache },
    );
    const responses = [cached(get()), cached(get()), cached(get())];
    await until(() => handler.mock.calls.length === 1);
    inner.abort();
    setup.open();
    const texts = await Promise.all(responses.map(async (response) => (await response).text()));
    expect(texts.sort()).toEqual([cutOff, whole, whole]);
    expect(handler).toHaveBeenCalledTimes(2);
  });
});

describe('while one client wants a newer response than the fresh one that is stored', () => {
  /** A handler whose second and later calls wait. */
  async function reloading(cacheControl: string) {
    const setup = setUp();
    await setup.cached(get());
    await settle();
    await new Promise((resolve) => setTimeout(resolve, 2));
    const gate = Promise.withResolvers<Response>();
    setup.handler.mockImplementation(async () => (await gate.promise).clone());
    const reload = (headers = {}) => setup.cached(get({ 'cache-control': cacheControl, ...headers }));
    const first = reload();
    await until(() => setup.handler.mock.calls.length === 2);
    return { ...setup, gate, reload, first };
  }
  const kinds = ['no-cache', 'max-age=0', 'min-fresh=60'];

  test.each(kinds)('all others get that one: %s', async (cacheControl) => {
    const { cached, handler, gate, first } = await reloading(cacheControl);
    expect((await Promise.all([cached(get()), cached(get())])).map(isHit)).toEqual([true, true]);
    expect(handler).toHaveBeenCalledTimes(2);
    gate.resolve(complete({}, '{"data":{"dice":6}}'));
    expect(await (await first).text()).toBe('{"data":{"dice":6}}');
    await settle();
    expect(await (await cached(get())).text()).toBe('{"data":{"dice":6}}');
  });

  test.each(kinds)('and gets an error or a private one, all others get that one: %s', async (cacheControl) => {
    for (const response of [complete({}, '{"errors":[]}'), complete({ 'cache-control': 'private' })]) {
      const { cached, handler, gate, first } = await reloading(cacheControl);
      gate.resolve(response);
      expect(isHit(await first)).toBe(false);
      await settle();
      expect(isHit(await cached(get()))).toBe(true);
      expect(handler).toHaveBeenCalledTimes(2);
    }
  });

  test('those who want it wait for each other', async () => {
    const { handler, gate, reload, first } = await reloading('min-fresh=60');
    const others = [reload(), reload()];
    gate.resolve(complete({ 'cache-control': 'public, max-age=90' }));
    expect((await Promise.all([first, ...others])).map(isHit)).toEqual([false, true, true]);
    expect(handler).toHaveBeenCalledTimes(2);
  });
});

test('gives no origin the headers of another, with cors() inside', async () => {
  const origin = ['https://a.test', 'https://b.test'];
  const { cached, handler } = setUp(cors(async () => complete(), { origin }));
  for (let round = 0; round < 2; round++) {
    for (const caller of [...origin, 'https://evil.test', undefined]) {
      const response = await cached(get(caller === undefined ? {} : { origin: caller }));
      await settle();
      const allowed = response.headers.get('access-control-allow-origin');
      expect([allowed, isHit(response)]).toEqual([origin.includes(caller ?? '') ? caller : null, round === 1]);
    }
  }
  expect(handler).toHaveBeenCalledTimes(4);
});

describe('the directives of a request', () => {
  const control = 'public, max-age=60, stale-while-revalidate=60';
  test.each<[age: number, wanted: string, served: boolean, response?: string]>([
    [30, 'max-age=40', true],
    [30, 'max-age=30', true],
    [30, 'max-age=29', false],
    [30, 'MAX-AGE=29', false],
    [30, 'max-age=x', false],
    [30, 'min-fresh=30', true],
    [30, 'min-fresh=31', false],
    [30, 'max-stale', true],
    [30, 'no-cache', false],
    [30, 'No-Cache', false],
    [30, 'no-store', false],
    [61, '', true],
    [61, 'max-age=100', false],
    [61, 'min-fresh=0', false],
    [61, '', false, 'public, max-age=60, stale-while-revalidate=60, must-revalidate'],
    [61, '', false, 'public, max-age=60, stale-while-revalidate=60, proxy-revalidate'],
    [61, '', false, 'public, s-maxage=60, stale-while-revalidate=60'],
    [59, '', true, 'public, s-maxage=60, max-age=1'],
    [120, '', false],
  ])('at the age of %d s, %j: %s', async (age, wanted, served, cacheControl = control) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { cached } = setUp(() => complete({ 'cache-control': cacheControl }));
    await cached(get());
    await settle();
    vi.setSystemTime(Date.now() + age * 1000);
    // This request comes first, because it executes nothing and so does not change what is stored.
    const only = await cached(get({ 'cache-control': `only-if-cached${wanted && `, ${wanted}`}` }));
    if (wanted !== 'no-store') expect(only.status).toBe(served ? 200 : 504);
    expect(isHit(await cached(get({ 'cache-control': wanted })))).toBe(served);
  });

  test('only-if-cached is never executed', async () => {
    const { cached, handler } = setUp();
    const response = await cached(get({ 'cache-control': 'only-if-cached' }));
    expect([response.status, (await response.json()).errors[0].extensions.code]).toEqual([504, 'NOT_CACHED']);
    expect(handler).not.toHaveBeenCalled();
  });

  test('no-cache is executed and stored, and waits for nobody', async () => {
    let count = 0;
    const { cached } = setUp(() => complete({}, `{"data":{"count":${++count}}}`));
    for (let round = 1; round < 4; round++) {
      const response = await cached(get({ 'cache-control': 'no-cache' }));
      await settle();
      const expected = `{"data":{"count":${round}}}`;
      expect([await response.text(), await (await cached(get())).text()]).toEqual([expected, expected]);
    }
  });
});

test.each([
  ['7200', 7200],
  ['7200 , 0', 7200],
  ['0, 7200', 0],
  [' 30 ', 30],
  ['9'.repeat(30), 2 ** 31],
  ...['', '-7200', '7200.0', '1e3', '0x20', 'Infinity', 'old, 7200'].map((age): [string, number] => [age, 0]),
])('a response with the Age %j is %d s old', async (age, seconds) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const { cached } = setUp(() => complete({ age }));
  const { headers } = await cached(get());
  expect(headers.get('age')).toBe(seconds === 0 ? null : String(seconds));
  await settle();
  vi.setSystemTime(Date.now() + 60_000);
  expect((await cached(get())).headers.get('age')).toBe(headers.get('age'));
});

test('CDN-Cache-Control makes a response stale sooner, but not later', async () => {
  const lifetimeOf = async (cdn: string) => {
    const control = 'public, max-age=60, stale-while-revalidate=30';
    const { cached, cache } = setUp(() => complete({ 'cache-control': control, 'cdn-cache-control': cdn }));
    await cached(get());
    await settle();
    return [...cache.stored.values()].map(({ headers }) => headers.get('cache-control'))[0];
  };
  expect(await lifetimeOf('max-age=10')).toBe('public, max-age=10');
  expect(await lifetimeOf('max-age=10, stale-while-revalidate=5')).toBe('public, max-age=15');
  expect(await lifetimeOf('max-age=600, stale-while-revalidate=600')).toBe('public, max-age=90');
});

describe('an unsafe request', () => {
  /** Returns how often GETs of the same URL are executed, before and after a request. */
  async function getsAround(init: RequestInit, target = url, status = 200) {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { cached, handler, cache } = setUp(({ method }) =>
      method === 'GET' ? complete() : new Response(null, { status }),
    );
    const variants = [{}, { accept: 'application/graphql-response+json' }, { 'apollo-require-preflight': '1' }];
    for (let round = 0; round < 3; round++) {
      for (const headers of variants) await cached(get(headers));
      await settle();
      if (round === 0) await cached(new Request(target, init));
      vi.setSystemTime(Date.now() + 1);
    }
    expect(cache.stored.size).toBe(variants.length);
    return handler.mock.calls.filter(([request]) => request.method === 'GET').length / variants.length;
  }

  test.each(['POST', 'PUT', 'DELETE', 'M-SEARCH'])('%s makes every entry of its URL invalid', async (method) => {
    const headers = { 'content-type': 'application/json', cookie: 'a=b' };
    expect(await getsAround({ method, headers })).toBe(2);
    expect(await getsAround({ method, headers }, 'http://api.test/graphql?query=%7Bdice%7D')).toBe(2);
    expect(await getsAround({ method, headers }, url, 303)).toBe(2);
  });

  test.each<[string, RequestInit, string?, number?]>([
    ['with an error', { method: 'POST' }, url, 400],
    ['to another query', { method: 'POST' }, `${url}&operationName=Q`],
    ['to another path', { method: 'POST' }, 'http://api.test/?query={dice}'],
    ['without a query', { method: 'POST' }, 'http://api.test/graphql'],
    ['with other parameters', { method: 'POST' }, 'http://api.test/graphql?operationName=Q'],
    ...['HEAD', 'OPTIONS', 'QUERY'].map((method): [string, RequestInit] => [
      `that is not unsafe: ${method}`,
      { method },
    ]),
  ])('%s makes none invalid', async (_name, init, target, status) => {
    expect(await getsAround(init, target, status)).toBe(1);
  });

  test('is remembered for a thousand URLs', async () => {
    const { cached, handler } = setUp();
    const targets = Array.from({ length: 1001 }, (_, index) => `${url}&x=${index}`);
    for (const target of targets) await cached(get({}, target));
    await settle();
    const [first = '', second = '', ...rest] = targets;
    for (const target of [first, second, first, ...rest]) await cached(new Request(target, { method: 'POST' }));
    handler.mockClear();
    for (const target of targets) await cached(get({}, target));
    expect(targets.filter((target) => !handler.mock.calls.some(([request]) => request.url === target))).toEqual([
      second,
    ]);
  }, 30_000);

  test('waits no longer than half a second for a cache that does not remove the entry', async () => {
    const { cached, cache, handler } = setUp();
    await cached(get());
    await settle();
    cache.delete = () => new Promise(() => {});
    await cached(new Request(url, { method: 'POST' }));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const response = cached(get());
    await until(() => vi.getTimerCount() > 0);
    await vi.advanceTimersByTimeAsync(500);
    expect(await (await response).text()).toBe(result);
    expect(handler).toHaveBeenCalledTimes(2);
  });
});

test('counts the age that a response has already', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const { cached } = setUp(() => complete({ age: '50' }));
  const first = await cached(get());
  await settle();
  expect(first.headers.get('age')).toBe('50');
  vi.setSystemTime(Date.now() + 5000);
  expect((await cached(get())).headers.get('age')).toBe('55');
  vi.setSystemTime(Date.now() + 5000);
  expect((await cached(get())).headers.get('age')).toBe('50');
});

test('stores for 68 years at most', async () => {
  const { cached, cache } = setUp(() => complete({ 'cache-control': `public, max-age=${'9'.repeat(30)}` }));
  await cached(get());
  await settle();
  expect([...cache.stored.values()].map(({ headers }) => headers.get('cache-control'))).toEqual([
    'public, max-age=2147483648',
  ]);
});

describe('stale-while-revalidate', () => {
  const control = { 'cache-control': 'public, max-age=60, stale-while-revalidate=30' };

  async function stale(respond: (request: Request) => Response | Promise<Response>) {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    let count = 0;
    const setup = setUp((request) => (++count === 1 ? complete(control) : respond(request)));
    await setup.cached(get());
    await settle();
    vi.setSystemTime(Date.now() + 60_000);
    return setup;
  }

  test('serves the old response while one request makes a new one, which nobody can cancel', async () => {
    const made = Promise.withResolvers<Response>();
    const { cached, handler } = await stale(() => made.promise);
    const client = new AbortController();
    const request = new Request(url, { signal: client.signal });
    const responses = [await cached(request), await cached(get()), await cached(get())];
    made.resolve(complete(control, '{"data":{"dice":6}}'));
    client.abort();
    expect(request.signal.aborted).toBe(false);
    expect(await Promise.all(responses.map((response) => response.text()))).toEqual(Array(3).fill(result));
    expect(responses.map(({ headers }) => headers.get('age'))).toEqual(['60', '60', '60']);
    await settle();
    const next = await cached(get());
    expect([await next.text(), next.headers.get('age')]).toEqual(['{"data":{"dice":6}}', '0']);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('makes no third response for a request that read the old one while the second was made', async () => {
    const made = Promise.withResolvers<Response>();
    const { cached, cache, handler } = await stale(() => made.promise);
    const [key = ''] = cache.stored.keys();
    const old = await cache.match(key);
    const read = Promise.withResolvers<undefined>();
    await cached(get());
    const revalidation = held.splice(0);
    const match = vi.spyOn(cache, 'match').mockImplementationOnce(async () => (await read.promise) ?? old);
    const slow = cached(get());
    await until(() => match.mock.calls.length === 1);
    made.resolve(complete(control, '{"data":{"dice":6}}'));
    await Promise.all(revalidation);
    read.resolve(undefined);
    expect(await (await slow).text()).toBe(result);
    await settle();
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test.each<[string, () => Response | Promise<Response>]>([
    ['an error', () => complete({}, '{"errors":[]}')],
    ['a 500', () => new Response('', { status: 500 })],
    ['a rejection', () => Promise.reject(new Error('no'))],
  ])('goes on serving it after %s, and then no longer', async (_name, respond) => {
    const { cached, handler } = await stale(respond);
    for (let count = 2; count < 4; count++) {
      expect(isHit(await cached(get()))).toBe(true);
      await settle();
      expect(handler).toHaveBeenCalledTimes(count);
    }
    vi.setSystemTime(Date.now() + 30_000);
    await cached(get()).then(
      (response) => expect(isHit(response)).toBe(false),
      () => {},
    );
  });

  test.each<[string, (request: Request) => Response | Promise<Response>, string]>([
    [
      'an error',
      () => complete({ 'cache-control': 'no-store' }, '{"errors":[{"message":"no"}]}'),
      'The handler responded with 200: {"errors":[{"message":"no"}]}.',
    ],
    ['a long error', () => complete({}, `{"errors":["${'x'.repeat(1000)}"]}`), `200: {"errors":["${'x'.repeat(288)}.`],
    ['no JSON', () => new Response('no', { status: 500 }), 'The handler responded with 500.'],
    ['a cookie', () => complete({ 'set-cookie': 'a=b' }), 'The new response may not be shared.'],
    ['a rejection', () => Promise.reject(new Error('no')), 'Error: no'],
    [
      'a signal that a wrapper inside has aborted',
      (request) => {
        replaceSignal(request, (own) => own() && AbortSignal.abort());
        return complete({}, request.signal.aborted ? cutOff : whole);
      },
      'Its signal was aborted.',
    ],
  ])('logs once why there is no new response, and goes on with the old one: %s', async (_name, respond, reason) => {
    const { cached } = await stale(respond);
    for (let count = 0; count < 3; count++) {
      expect(await (await cached(get())).text()).toBe(result);
      await settle();
    }
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^The HTTP cache failed to refresh an entry\. [^\n]{1,340}$/)],
    ]);
    expect(warn.mock.calls[0]?.[0]).toContain(reason);
  });

  test('that fails once the response is sent is made before the next responses, for ten minutes', async () => {
    // Like Deno, with a context function that reads the request after a while.
    const closed = new WeakSet<Request>();
    let count = 0;
    const { cached } = await stale(async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (closed.has(request)) throw new Error('closed');
      return complete(control, `{"data":{"count":${++count}}}`);
    });
    const seen = [];
    for (const minutes of [0, 1, 1, 9, 1]) {
      vi.setSystemTime(Date.now() + minutes * 60_000 + 1000);
      const request = get();
      seen.push(await (await cached(request)).text());
      closed.add(request);
      await settle();
    }
    // The fourth response is too old to be served at all.
    expect(seen).toEqual([result, ...[1, 2, 3, 3].map((count) => `{"data":{"count":${count}}}`)]);
  });

  test('that is made before the response is sent delays it by half a second at most', async () => {
    const { cached, handler } = await stale(() => Promise.reject(new Error('no')));
    await cached(get());
    await settle();
    handler.mockImplementation(() => new Promise(() => {}));
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() });
    const slow = cached(get());
    await until(() => handler.mock.calls.length === 3);
    // Nobody else waits for it.
    expect(await (await cached(get())).text()).toBe(result);
    await vi.advanceTimersByTimeAsync(500);
    expect(await (await slow).text()).toBe(result);
    expect(handler).toHaveBeenCalledTimes(3);
  });

  test('cancels a stream that is made in the place of a response', async () => {
    const cancel = vi.fn();
    const { cached } = await stale(
      () => new Response(new ReadableStream({ cancel }), { headers: { 'content-type': 'multipart/mixed' } }),
    );
    expect(isHit(await cached(get()))).toBe(true);
    await settle();
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('keeps the entry that long, also in the cache itself', async () => {
    const { cached, cache } = setUp(() => complete(control));
    await cached(get());
    await settle();
    expect([...cache.stored.values()].map(({ headers }) => headers.get('cache-control'))).toEqual([
      'public, max-age=90',
    ]);
  });
});

test('keeps the type of the handler, and of what the platform passes', () => {
  class PlatformRequest extends Request {}
  const handler: FetchHandler<[env: { a: string }], PlatformRequest> = async () => new Response();
  expectTypeOf(httpCache(handler)).toEqualTypeOf(handler);
  expectTypeOf(httpCache(handler, { bypass: (_request, env) => env.a === '' })).toEqualTypeOf(handler);
  const plain: FetchHandler<[]> = async () => new Response();
  const bypass = (_request: Request, env: { b: number }) => env.b === 0;
  expectTypeOf(httpCache(plain, { bypass })).toEqualTypeOf<FetchHandler<[env: { b: number }]>>();
});

test('refuses names that are none at set-up', () => {
  expect(() => httpCache(async () => new Response(), { vary: ['x y'] })).toThrow(
    'vary must be an array of header names. Received ["x y"].',
  );
});
