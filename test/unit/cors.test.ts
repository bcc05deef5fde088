import { ApolloServer } from '@apollo/server';
import { expect, expectTypeOf, test, vi } from 'vitest';
import { type CORSOptions, cors } from '../../src/cors.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';

const origin = 'https://app.test';

function request(headers: Readonly<Record<string, string>>, method = 'POST'): Request {
  return new Request('http://api.test/', { method, headers });
}

function preflight(headers: Readonly<Record<string, string>> = {}): Request {
  return request({ origin, 'access-control-request-method': 'POST', ...headers }, 'OPTIONS');
}

/** Returns the status and the headers that a wrapper adds, and whether the request reached the handler inside. */
async function respond(options: CORSOptions<unknown[]>, asked: Request, response = new Response('{}')) {
  const handler = vi.fn(async () => response);
  const { status, headers } = await cors(handler, options)(asked);
  const added = Object.fromEntries([...headers].filter(([name]) => name !== 'content-type'));
  return { status, headers: added, reached: handler.mock.calls.length > 0 };
}

test('lets a listed origin read the response', async () => {
  expect(await respond({ origin: [origin, 'https://b.test'] }, request({ origin }))).toEqual({
    status: 200,
    headers: { 'access-control-allow-origin': origin, vary: 'Origin' },
    reached: true,
  });
});

test.each([
  'https://evil.test',
  'http://app.test',
  'https://app.test:8443',
  'https://app.test.evil.test',
  'https://evilapp.test',
  'https://sub.app.test',
  'https://APP.test',
  'null',
  '',
])('sends nothing but Vary to the origin %j', async (caller) => {
  for (const allowed of [origin, [origin], /https:\/\/app\.test/, (text: string) => text === origin]) {
    expect((await respond({ origin: allowed }, request({ origin: caller }))).headers).toEqual({ vary: 'Origin' });
  }
});

test('sends Vary to a request without an origin', async () => {
  expect((await respond({ origin }, request({}))).headers).toEqual({ vary: 'Origin' });
});

test('sends the same headers with and without an origin if all origins may call', async () => {
  for (const headers of [{ origin }, {}]) {
    expect((await respond({ origin: '*' }, request(headers))).headers).toEqual({ 'access-control-allow-origin': '*' });
  }
});

test('matches a RegExp against a whole origin, every time', async () => {
  const handler = cors(async () => new Response(), {
    origin: /https:\/\/(?:[a-z]+\.)?app\.test|https:\/\/b\.test/gy,
  });
  for (const [caller, allowed] of [
    [origin, origin],
    [origin, origin],
    ['https://sub.app.test', 'https://sub.app.test'],
    ['https://b.test', 'https://b.test'],
    ['https://b.test.evil.test', null],
    ['https://evil.test?https://b.test', null],
    ['xhttps://b.test', null],
    [origin, origin],
  ] as const) {
    const { headers } = await handler(request({ origin: caller }));
    expect(headers.get('access-control-allow-origin')).toBe(allowed);
  }
});

interface Env {
  readonly ORIGINS: string;
}

test('takes what the platform passes from the handler or from the function', () => {
  const all = cors(async (_request: Request, ..._platform: unknown[]) => new Response(), { origin: '*' });
  expectTypeOf(all).toEqualTypeOf<FetchHandler<unknown[]>>();
  const ofHandler = cors(async (_request: Request, _env: Env) => new Response(), { origin: '*' });
  expectTypeOf(ofHandler).toEqualTypeOf<FetchHandler<[Env]>>();
  const ofFunction = cors(async (_request: Request) => new Response(), {
    origin: (caller, _request, { ORIGINS }: Env) => caller === ORIGINS,
  });
  expectTypeOf(ofFunction).toEqualTypeOf<FetchHandler<[Env]>>();
});

test('asks a function, with what the platform passed', async () => {
  const handler = cors(async (_request: Request, _env: Env) => new Response(), {
    origin: async (caller, _request, { ORIGINS }) => ORIGINS.split(' ').includes(caller),
  });
  expectTypeOf(handler).toEqualTypeOf<FetchHandler<[Env]>>();
  const { headers } = await handler(request({ origin }), { ORIGINS: `https://b.test ${origin}` });
  expect(headers.get('access-control-allow-origin')).toBe(origin);
});

test('refuses where the function fails, and says so', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  for (const fail of [
    () => {
      throw new Error('no database');
    },
    () => Promise.reject(new Error('no database')),
  ]) {
    expect(await respond({ origin: fail }, request({ origin }))).toMatchObject({ status: 200, headers: {} });
    expect(log).toHaveBeenLastCalledWith(new Error('no database'));
  }
  log.mockRestore();
});

test('allows credentials only to origins that may call', async () => {
  const options = { origin, credentials: true };
  expect((await respond(options, request({ origin }))).headers).toEqual({
    'access-control-allow-credentials': 'true',
    'access-control-allow-origin': origin,
    vary: 'Origin',
  });
  expect((await respond(options, preflight())).headers).toMatchObject({ 'access-control-allow-credentials': 'true' });
  for (const stranger of [request({ origin: 'https://evil.test' }), preflight({ origin: 'https://evil.test' })]) {
    expect((await respond(options, stranger)).headers).not.toHaveProperty('access-control-allow-credentials');
  }
});

test('never combines credentials with any origin', () => {
  expect(() => cors(async () => new Response(), { origin: '*', credentials: true })).toThrow(TypeError);
});

test.each([
  '',
  'null',
  'app.test',
  'https://app.test/',
  'https://App.test',
  'https://app.test:443',
  'https://app.test/graphql',
  'https://*.app.test',
  'https://bücher.test',
])('does not take %j for an origin', (text) => {
  expect(() => cors(async () => new Response(), { origin: text })).toThrow(TypeError);
  expect(() => cors(async () => new Response(), { origin: [origin, text] })).toThrow(TypeError);
});

test.each(['http://localhost:3000', 'http://[::1]:3000', 'capacitor://localhost', 'chrome-extension://abcdef'])(
  'takes %j for an origin',
  async (text) => {
    expect((await respond({ origin: [text] }, request({ origin: text }))).headers).toHaveProperty(
      'access-control-allow-origin',
      text,
    );
  },
);

test.for<[string, unknown, string]>([
  ['maxAge', Number.NaN, 'maxAge must be a number from 0 to 2147483648. Received NaN.'],
  ['exposedHeaders', 'x-a', 'exposedHeaders must be an array of header names. Received "x-a".'],
  ['allowedHeaders', ['x a'], 'allowedHeaders must be an array of header names. Received ["x a"].'],
])('refuses %s: %j at set-up', ([name, value, message]) => {
  expect(() => cors(async () => new Response(), { origin: '*', [name]: value })).toThrow(message);
});

test('responds to a preflight by itself', async () => {
  expect(
    await respond({ origin }, preflight({ 'access-control-request-headers': 'content-type,x-apollo-operation-name' })),
  ).toEqual({
    status: 204,
    headers: {
      'access-control-allow-headers': 'content-type,x-apollo-operation-name',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-origin': origin,
      'access-control-max-age': '7200',
      vary: 'Origin, Access-Control-Request-Headers',
    },
    reached: false,
  });
});

test('responds to the preflight of a stranger without allowing anything', async () => {
  expect(await respond({ origin, credentials: true }, preflight({ origin: 'https://evil.test' }))).toEqual({
    status: 204,
    headers: { vary: 'Origin, Access-Control-Request-Headers' },
    reached: false,
  });
});

test('allows the headers of its list alone, for as long as it says', async () => {
  const options = { origin: '*', allowedHeaders: ['content-type', 'authorization'], maxAge: 60 };
  expect((await respond(options, preflight({ 'access-control-request-headers': 'x-other' }))).headers).toEqual({
    'access-control-allow-headers': 'content-type, authorization',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-origin': '*',
    'access-control-max-age': '60',
  });
});

test('allows QUERY to a page that asks for it', async () => {
  const { headers } = await respond({ origin }, preflight({ 'access-control-request-method': 'QUERY' }));
  expect(headers['access-control-allow-methods']).toBe('GET, POST, QUERY');
});

test('leaves an OPTIONS that is no preflight to the handler', async () => {
  expect(await respond({ origin }, request({ origin }, 'OPTIONS'))).toMatchObject({ status: 200, reached: true });
  expect(await respond({ origin }, request({ 'access-control-request-method': 'GET' }, 'GET'))).toMatchObject({
    reached: true,
  });
});

test('exposes headers to those who may call', async () => {
  const options = { origin, exposedHeaders: ['x-a', 'x-b'] };
  expect((await respond(options, request({ origin }))).headers).toHaveProperty(
    'access-control-expose-headers',
    'x-a, x-b',
  );
  expect((await respond(options, request({ origin: 'https://evil.test' }))).headers).toEqual({ vary: 'Origin' });
  expect((await respond(options, preflight())).headers).not.toHaveProperty('access-control-expose-headers');
});

test('keeps the headers of the response, but not those that say who may read it', async () => {
  const response = new Response('{}', {
    status: 413,
    headers: {
      vary: 'Accept',
      'x-a': '1',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-a',
    },
  });
  expect(await respond({ origin }, request({ origin: 'https://evil.test' }), response)).toMatchObject({
    status: 413,
    headers: { vary: 'Accept, Origin', 'x-a': '1' },
  });
  expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
});

test('writes on a copy where the headers of a response are immutable', async () => {
  const response = await fetch('data:application/json,{}');
  expect(() => response.headers.set('x-a', '1')).toThrow(TypeError);
  const sent = await cors(async () => response, { origin })(request({ origin }));
  expect(sent.headers.get('access-control-allow-origin')).toBe(origin);
  expect(sent.headers.get('content-type')).toBe('application/json');
  expect(await sent.text()).toBe('{}');
});

test('hands on a network error, which is no response', async () => {
  const response = Response.error();
  expect(await cors(async () => response, { origin })(request({ origin }))).toBe(response);
});

test('returns a stream as it came', async () => {
  const response = new Response(new ReadableStream());
  const { body } = response;
  const sent = await cors(async () => response, { origin })(request({ origin }));
  expect(sent.body).toBe(body);
  expect(sent.headers.get('access-control-allow-origin')).toBe(origin);
});

test('reaches Apollo with everything but preflights, errors included', async () => {
  const server = new ApolloServer({ typeDefs: 'type Query { a: Int }' });
  const handler = cors(createFetchHandler(server), { origin });
  for (const [asked, status] of [
    [
      new Request('http://api.test/', {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body: '{',
      }),
      400,
    ],
    [request({ origin, 'content-type': 'text/plain' }), 400],
    [request({ origin, 'content-type': 'application/json' }, 'PUT'), 405],
  ] as const) {
    const response = await handler(asked);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([status, origin]);
    expect(await response.json()).toHaveProperty('errors');
  }
});
