import {
  ApolloServer,
  type ApolloServerOptions,
  type ApolloServerPlugin,
  type BaseContext,
  HeaderMap,
} from '@apollo/server';
import { GraphQLError } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { createFetchHandler, type FetchContextFunctionArgument, type FetchHandlerOptions } from '../../src/index.ts';
import { createLogger } from '../apps/logger.ts';

const jsonType = 'application/json; charset=utf-8';

interface Setup extends FetchHandlerOptions<BaseContext, unknown[]> {
  readonly apollo?: Partial<ApolloServerOptions<BaseContext>>;
  readonly plugin?: ApolloServerPlugin;
}

/** Creates a handler, and records what it logs. */
function createHandler({ apollo, plugin = {}, ...options }: Setup = {}) {
  const error = vi.fn();
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String, crash: String }',
    resolvers: {
      Query: {
        hello: () => 'world',
        crash() {
          throw new GraphQLError('crashed');
        },
      },
    },
    logger: createLogger(error),
    includeStacktraceInErrorResponses: false,
    plugins: [plugin],
    ...apollo,
  } as ApolloServerOptions<BaseContext>);
  return { handler: createFetchHandler(server, options), error };
}

function post(body: BodyInit, headers: Readonly<Record<string, string>> = {}): Request {
  return new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    ...{ duplex: 'half' },
  });
}

const hello = '{"query":"{hello}"}';

/** A plugin that sets the status and headers of a response to any values. */
function responding(status: number | undefined, headers: Readonly<Record<string, string>> = {}): ApolloServerPlugin {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ response: { http } }) {
          if (status !== undefined) http.status = status;
          for (const [name, value] of Object.entries(headers)) http.headers.set(name, value);
        },
      };
    },
  };
}

async function expectInternalServerError(response: Response): Promise<void> {
  expect(response.status).toBe(500);
  expect(response.headers.get('content-type')).toBe(jsonType);
  expect(await response.json()).toEqual({
    errors: [{ message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
}

test('responds', async () => {
  const { handler } = createHandler();
  const response = await handler(post(hello));
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('{"data":{"hello":"world"}}\n');
});

const refusals: [name: string, status: number, message: string, request: () => Request][] = [
  ['malformed JSON', 400, 'Invalid JSON in the request body.', () => post('{')],
  ['invalid UTF-8', 400, 'The request body is not valid UTF-8.', () => post(Uint8Array.of(0xff))],
  ['a large body', 413, 'The request body is larger than 100 bytes.', () => post(' '.repeat(101))],
  [
    'a large batch',
    400,
    'A batch may hold at most 2 operations.',
    () => post(JSON.stringify([{ query: '{hello}' }, { query: '{hello}' }, { query: '{hello}' }])),
  ],
  [
    'a charset',
    415,
    'The request body must be encoded as UTF-8.',
    () => post(hello, { 'content-type': 'application/json; charset=utf-16' }),
  ],
  [
    'an encoding',
    415,
    'The request body must not have a content-encoding.',
    () => post(hello, { 'content-encoding': 'gzip' }),
  ],
];

test.each(refusals)('refuses %s with %i as Apollo refuses', async (_name, status, message, request) => {
  const invalidRequestWasReceived = vi.fn();
  const context = vi.fn(async () => ({}));
  const { handler, error } = createHandler({
    maxBodyBytes: 100,
    maxBatchSize: 2,
    context,
    plugin: { invalidRequestWasReceived },
    apollo: {
      allowBatchedHttpRequests: true,
      formatError: (formatted) => ({ ...formatted, message: `formatted: ${formatted.message}` }),
      stringifyResult: (result) => `/**/${JSON.stringify(result)}`,
    },
  });
  const response = await handler(request());
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe(jsonType);
  expect(await response.text()).toBe(
    `/**/${JSON.stringify({ errors: [{ message: `formatted: ${message}`, extensions: { code: 'BAD_REQUEST' } }] })}`,
  );
  expect(invalidRequestWasReceived).toHaveBeenCalledExactlyOnceWith({ error: expect.objectContaining({ message }) });
  expect(context).not.toHaveBeenCalled();
  expect(error).not.toHaveBeenCalled();
});

test.each([
  ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
  ['application/graphql-response+json;q=0.1, application/json', jsonType],
  ['*/*', jsonType],
  ['text/html', jsonType],
])('responds to a refusal to accept: %s as %s', async (accept, type) => {
  const { handler } = createHandler();
  const response = await handler(post('{', { accept }));
  expect([response.status, response.headers.get('content-type')]).toEqual([400, type]);
  expect(await response.json()).toHaveProperty('errors');
});

// https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7
test.each(['OPTIONS', 'options'])('responds to %s itself, reads no body and starts no server', async (method) => {
  const pull = vi.fn();
  const server = vi.fn();
  const body = new ReadableStream({ pull }, { highWaterMark: 0 });
  const request = new Request('http://a.test/', { method, body, ...{ duplex: 'half' } });
  // Deno passes a lower-case method through.
  Object.defineProperty(request, 'method', { value: method });
  const response = await createFetchHandler(server)(request);
  expect([response.status, response.headers.get('allow'), response.body]).toEqual([204, 'GET, POST, OPTIONS', null]);
  expect(pull).not.toHaveBeenCalled();
  expect(server).not.toHaveBeenCalled();
});

test('neither reads nor makes a context for what CSRF prevention refuses', async () => {
  const context = vi.fn(async () => ({}));
  const pull = vi.fn();
  const { handler } = createHandler({ context });
  const body = new ReadableStream({ pull }, { highWaterMark: 0 });
  const response = await handler(post(body, { 'content-type': 'text/plain' }));
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('Cross-Site Request Forgery');
  expect(context).not.toHaveBeenCalled();
  expect(pull).not.toHaveBeenCalled();
});

test.each([
  ['x-apollo-operation-name', ''],
  ['apollo-require-preflight', ''],
  ['x-apollo-operation-namex', '1'],
])('is not talked out of CSRF prevention by %s: %j', async (name, value) => {
  const { handler } = createHandler();
  for (const type of ['text/plain', 'text/plain;application/json', 'multipart/form-data; boundary=a', 'TEXT/PLAIN']) {
    const response = await handler(post(hello, { 'content-type': type, [name]: value }));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Cross-Site Request Forgery');
  }
});

// GHSA-9q82-xgwf-vj6h
test('lets Apollo refuse a GET by its media type', async () => {
  const { handler } = createHandler();
  const get = (type: string) =>
    handler(
      new Request('http://a.test/?query={hello}', {
        headers: { 'content-type': type, 'apollo-require-preflight': '1' },
      }),
    );
  expect((await get('text/plain')).status).toBe(415);
  expect((await get('application/json; charset=utf-16')).status).toBe(200);
});

test('makes no context for a body that is refused, and one where Apollo refuses it', async () => {
  const context = vi.fn(async () => ({}));
  const { handler } = createHandler({ context });
  await handler(post('{'));
  expect(context).not.toHaveBeenCalled();
  // Apollo itself refuses an empty body, and creates the context before that.
  expect((await handler(post(''))).status).toBe(400);
  expect(context).toHaveBeenCalledTimes(1);
});

test('logs a body that somebody else has read, and responds with 500', async () => {
  const { handler, error } = createHandler();
  const request = post(hello);
  await request.text();
  await expectInternalServerError(await handler(request));
  expect(error).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: expect.stringContaining('request.clone()') }),
  );
});

test.each([
  ['a status out of range', responding(1000)],
  ['an informational status', responding(101)],
  ['a header beyond Latin-1', responding(undefined, { 'x-a': '日本' })],
  ['a header with a line break', responding(undefined, { 'x-a': 'a\r\nset-cookie: b=c' })],
  ['a header with a control character', responding(undefined, { 'x-a': '\x01' })],
  ['a header whose name is none', responding(undefined, { 'x a': 'b' })],
])('responds with 500 where a plugin sets %s', async (_name, plugin) => {
  const { handler, error } = createHandler({ plugin });
  await expectInternalServerError(await handler(post(hello)));
  expect(error).toHaveBeenCalledTimes(1);
});

test('responds with 204 without a body where a plugin asks for that', async () => {
  const { handler } = createHandler({ plugin: responding(204) });
  const response = await handler(post(hello));
  expect([response.status, await response.text()]).toEqual([204, '']);
});

function fail(): never {
  throw new Error('secret');
}

test.each<[string, Setup]>([
  ['stringifyResult', { apollo: { stringifyResult: fail } }],
  ['a plugin', { plugin: { requestDidStart: fail } }],
])('responds with 500 and keeps the secret where %s throws', async (_name, setup) => {
  const { handler, error } = createHandler(setup);
  const response = await handler(post('{"query":"{crash}"}'));
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).not.toContain('secret');
  expect(JSON.parse(text)).toHaveProperty('errors.0.message', 'Internal server error');
  expect(error).toHaveBeenCalled();
});

test('logs a waitUntil that throws, and responds all the same', async () => {
  const { handler, error } = createHandler();
  const response = await handler(post(hello), { waitUntil: fail });
  expect(response.status).toBe(200);
  expect(error).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'secret' }));
});

test('keeps the secret of a formatError that throws', async () => {
  const { handler } = createHandler({ apollo: { formatError: fail } });
  for (const body of ['{"query":"{crash}"}', '{"query":"{"}', '{']) {
    expect(await (await handler(post(body))).json()).toHaveProperty('errors.0.message', 'Internal server error');
  }
});

test.each<[string, string]>([
  ['a response', hello],
  ['a refusal', '{'],
  ['a fault', '{"query":"{crash}"}'],
])('builds %s with the class that the last argument passes', async (name, body) => {
  class Passed extends Response {}
  const fault: Setup = name === 'a fault' ? { plugin: { requestDidStart: fail } } : {};
  const classOf = async (...platform: unknown[]) =>
    (await createHandler(fault).handler(post(body), ...platform)).constructor;
  expect(await classOf({ req: {} }, { Response: class extends Response {} }, { Response: Passed })).toBe(Passed);
  expect(await classOf(undefined, null, 'x', { Response: {} })).toBe(Response);
});

/** An `env` that throws when an unknown variable is read, as libraries that validate variables do. */
const strict = new Proxy(
  { SECRET: 'a' },
  {
    get(target, name) {
      if (!(name in target)) fail();
      return Reflect.get(target, name);
    },
  },
);

/** An `env` that has a function for every name. */
const permissive = new Proxy({}, { get: () => () => 'a binding' });

test.each<[string, unknown]>([
  ['throws where an unknown variable is read', strict],
  ['has a function for every name', permissive],
  ['throws for everything', new Proxy({}, { get: fail, has: fail })],
  ['has bindings named Response and waitUntil', { Response: 'a', waitUntil: {} }],
  ['has functions named Response and waitUntil', { Response: () => 'a', waitUntil: fail }],
])('serves with an env that %s', async (_name, env) => {
  const waitUntil = vi.fn();
  const { handler, error } = createHandler();
  const response = await handler(post(hello), env, { waitUntil });
  expect([response.status, response.constructor]).toEqual([200, Response]);
  expect(waitUntil).toHaveBeenCalled();
  expect(error).not.toHaveBeenCalled();
});

test('aborts the signal where no response is made, so that what a resolver waits for ends', async () => {
  const abort = vi.fn();
  const { handler } = createHandler({
    apollo: { stringifyResult: fail },
    async context({ signal }) {
      signal.addEventListener('abort', abort);
      return {};
    },
  });
  expect((await handler(post(hello))).status).toBe(500);
  expect(abort).toHaveBeenCalledOnce();
});

test('responds even where the logger throws', async () => {
  const { handler } = createHandler({
    plugin: responding(1000),
    apollo: { logger: { debug: fail, info: fail, warn: fail, error: fail } },
  });
  await expectInternalServerError(await handler(post(hello)));
});

test('responds with 500 where a factory throws, and asks it again', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
  const factory = vi.fn(() => server).mockImplementationOnce(fail);
  const handler = createFetchHandler(factory);
  await expectInternalServerError(await handler(post(hello)));
  expect(log).toHaveBeenCalledTimes(1);
  expect((await handler(post(hello))).status).toBe(200);
  log.mockRestore();
});

test('waits for an async factory, and calls it once under a cold burst', async () => {
  const ready = Promise.withResolvers<void>();
  const factory = vi.fn(async (env: { greeting: string }, _ctx: object) => {
    await ready.promise;
    return new ApolloServer({
      typeDefs: 'type Query { hello: String }',
      resolvers: { Query: { hello: () => env.greeting } },
    });
  });
  const handler = createFetchHandler(factory);
  const waitUntil = vi.fn();
  const burst = Array.from({ length: 20 }, () => handler(post(hello), { greeting: 'hi' }, { waitUntil }));
  expect(factory).toHaveBeenCalledTimes(1);
  // Workers must not end the first invocation before the server is created.
  expect(waitUntil).toHaveBeenCalled();
  ready.resolve();
  for (const response of burst) expect(await (await response).json()).toEqual({ data: { hello: 'hi' } });
  expect(await (await handler(post(hello), { greeting: 'other' }, { waitUntil })).json()).toEqual({
    data: { hello: 'hi' },
  });
  expect(factory).toHaveBeenCalledTimes(1);
});

test('responds with 500 where an async factory rejects, logs it, and asks it again', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
  const factory = vi.fn(async () => server).mockImplementationOnce(async () => fail());
  const handler = createFetchHandler(factory);
  for (const response of await Promise.all([handler(post(hello)), handler(post(hello))])) {
    await expectInternalServerError(response);
  }
  expect(factory).toHaveBeenCalledTimes(1);
  expect(log).toHaveBeenCalledWith(new Error('secret'));
  expect((await handler(post(hello))).status).toBe(200);
  expect(factory).toHaveBeenCalledTimes(2);
  log.mockRestore();
});

test('responds with 500 while a server fails to start, and starts the next', async () => {
  const error = vi.fn();
  let failures = 2;
  const factory = vi.fn(
    () =>
      new ApolloServer({
        typeDefs: 'type Query { hello: String }',
        logger: createLogger(error),
        plugins: [
          {
            async serverWillStart() {
              if (failures-- > 0) fail();
            },
          },
        ],
      }),
  );
  const handler = createFetchHandler(factory);
  for (const attempt of [1, 2]) {
    const burst = await Promise.all(Array.from({ length: 20 }, () => handler(post(hello))));
    expect(factory).toHaveBeenCalledTimes(attempt);
    for (const response of burst) {
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('secret');
    }
  }
  expect((await handler(post(hello))).status).toBe(200);
  expect(factory).toHaveBeenCalledTimes(3);
});

test('starts once under a cold burst', async () => {
  const serverWillStart = vi.fn(async () => {});
  const { handler } = createHandler({ plugin: { serverWillStart } });
  const burst = await Promise.all(Array.from({ length: 100 }, () => handler(post(hello))));
  expect(burst.map(({ status }) => status)).toEqual(Array(100).fill(200));
  expect(serverWillStart).toHaveBeenCalledTimes(1);
});

test('merges the headers of the context function, every cookie on its own line', async () => {
  const { handler } = createHandler({
    context: async ({ responseHeaders }) => {
      responseHeaders.append('set-cookie', 'a=1');
      responseHeaders.append('set-cookie', 'b=2');
      responseHeaders.set('x-c', '3');
      return {};
    },
    plugin: responding(418, { 'x-d': '4' }),
  });
  const { status, headers } = await handler(post(hello));
  expect([status, headers.getSetCookie(), headers.get('x-c'), headers.get('x-d')]).toEqual([
    418,
    ['a=1', 'b=2'],
    '3',
    '4',
  ]);
});

test('keeps those headers on an error', async () => {
  const { handler } = createHandler({
    context: async ({ responseHeaders }) => {
      responseHeaders.append('set-cookie', 'session=; Max-Age=0');
      throw new GraphQLError('Who are you?', {
        extensions: { http: { status: 401, headers: new HeaderMap([['www-authenticate', 'Bearer']]) } },
      });
    },
  });
  const { status, headers } = await handler(post(hello));
  expect([status, headers.getSetCookie(), headers.get('www-authenticate')]).toEqual([
    401,
    ['session=; Max-Age=0'],
    'Bearer',
  ]);
});

test.each(['maxBodyBytes', 'maxBatchSize'])('refuses to be made with a %s that limits nothing', (name) => {
  for (const value of [-1, Number.NaN, '1mb', null]) {
    expect(() => createHandler({ [name]: value })).toThrow(`${name} must be a number from 0 up. Received ${value}.`);
  }
});

test.each<[string, (argument: FetchContextFunctionArgument) => object]>([
  ['returned', (argument) => argument],
  ['spread', (argument) => ({ ...argument })],
  ['taken apart', ({ request, ...rest }) => ({ request, ...rest })],
  ['assigned', (argument) => Object.assign({}, argument)],
])('gives the context function an argument that can be %s', async (_name, toContext) => {
  const client = new AbortController();
  let seen: FetchContextFunctionArgument | undefined;
  const { handler } = createHandler({
    context: async (argument) => toContext(argument),
    apollo: {
      resolvers: {
        Query: {
          hello(_parent: unknown, _args: unknown, context: FetchContextFunctionArgument) {
            seen = context;
            context.responseHeaders.append('set-cookie', 'a=1');
            context.responseHeaders.append('set-cookie', 'b=2');
            client.abort();
            return String(context.signal.aborted);
          },
        },
      },
    },
  });
  const request = new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: hello,
    signal: client.signal,
  });
  const response = await handler(request);
  expect(await response.json()).toEqual({ data: { hello: 'true' } });
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(Object.keys(seen ?? {}).sort()).toEqual(['body', 'request', 'responseHeaders', 'signal']);
  expect([seen?.request, seen?.body]).toEqual([request, { query: '{hello}' }]);
});

test('gives the same headers and the same signal each time they are asked for', async () => {
  const context = vi.fn(async (argument: FetchContextFunctionArgument) => {
    expect(argument.responseHeaders).toBe(argument.responseHeaders);
    expect(argument.signal).toBe(argument.signal);
    expect('signal' in argument).toBe(true);
    return {};
  });
  const { handler } = createHandler({ context });
  expect((await handler(post(hello))).status).toBe(200);
  expect(context).toHaveBeenCalledTimes(1);
});

// Azure Functions passes such requests.
test('serves a request that has no signal', async () => {
  const { handler } = createHandler({ context: async ({ signal }) => ({ signal }) });
  const request = post(hello);
  Object.defineProperty(request, 'signal', { value: undefined });
  expect((await handler(request)).status).toBe(200);
});

describe('a Host that has become part of the URL', () => {
  /** A GET of `{hello}` as it comes from a bridge to Node that puts the `Host` into the URL unchanged. */
  function forged(host: string, scheme = 'http'): Request {
    return {
      method: 'GET',
      url: `${scheme}://${host}/graphql?query={hello}`,
      headers: new Map([
        ['host', host],
        ['apollo-require-preflight', '1'],
      ]) as unknown as Headers,
      signal: new AbortController().signal,
    } as unknown as Request;
  }

  test.each([
    'a/?query={crash}&x=',
    'a?query={crash}&x=',
    'a:80/?query={crash}&x=',
    '@a/?query={crash}&x=',
    'é/?query={crash}&x=',
    'a\\?query={crash}&x=',
    '/?query={crash}&x=',
    ' /?query={crash}&x=',
    'a#',
  ])('is refused: %s', async (host) => {
    for (const scheme of ['http', 'https']) {
      const { handler, error } = createHandler();
      const response = await handler(forged(host, scheme));
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        errors: [{ message: 'Invalid Host header.', extensions: { code: 'BAD_REQUEST' } }],
      });
      expect(error).not.toHaveBeenCalled();
    }
  });

  test.each(['a', 'a.test:8080', '[::1]:80', 'a b', '%', '<script>', ''])('is not this one: %j', async (host) => {
    const { handler } = createHandler();
    expect(await (await handler(forged(host))).json()).toEqual({ data: { hello: 'world' } });
  });
});
