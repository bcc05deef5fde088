import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { GraphQLError } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { compression } from '../../src/compression.ts';
import { cors } from '../../src/cors.ts';
import { deadline } from '../../src/deadline.ts';
import { drain } from '../../src/drain.ts';
import { httpCache } from '../../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { observe, observePlugin, type RequestReport } from '../../src/observe.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { createLogger } from '../apps/logger.ts';

const typeDefs = /* GraphQL */ `
  directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  directive @stream(if: Boolean, label: String, initialCount: Int = 0) on FIELD
  directive @cacheControl(maxAge: Int, scope: Scope) on FIELD_DEFINITION
  enum Scope { PUBLIC PRIVATE }
  type Query {
    hello: String @cacheControl(maxAge: 60)
    fail(code: String, times: Int = 1): [String]
    never: String
    untilAbort: String
    "Yields \`count\` items, and then throws."
    items(count: Int!): [Int!]
    "A value that JSON cannot hold."
    big: Anything
    cookie: String
  }
  scalar Anything
  type Mutation { change: String }
  type Subscription {
    "Yields 1, an error and 3, and then ends, waits, or throws."
    ticks(then: String!): Int
  }
`;

interface Context {
  readonly signal: AbortSignal;
  readonly responseHeaders: Headers;
}

const resolvers = {
  Query: {
    hello: () => 'world',
    fail: (_parent: unknown, { code, times }: { code?: string; times: number }) =>
      Array.from({ length: times }, (_, n) =>
        code === undefined ? new Error('no') : new GraphQLError('no', { extensions: { code: `${code}${n || ''}` } }),
      ),
    never: () => new Promise(() => {}),
    big: () => 1n,
    untilAbort: (_parent: unknown, _args: unknown, { signal }: Context) =>
      new Promise((resolve) => signal.addEventListener('abort', resolve)),
    async *items(_parent: unknown, { count }: { count: number }) {
      for (let item = 1; item <= count; item++) yield item;
      throw new Error('It has broken.');
    },
    cookie: (_parent: unknown, _args: unknown, { responseHeaders }: Context) => responseHeaders.set('x', 'ok'),
  },
  Mutation: { change: () => 'changed' },
  Subscription: {
    ticks: {
      async *subscribe(_parent: unknown, { then }: { then: string }) {
        yield* [1, 2, 3];
        if (then === 'wait') await new Promise(() => {});
        if (then === 'throw') throw new Error('It has broken.');
      },
      resolve(tick: number) {
        if (tick === 2) throw new Error('An odd tick.');
        return tick;
      },
    },
  },
};

interface SetUp {
  readonly plugins?: ApolloServerPlugin[];
  readonly inside?: (handler: FetchHandler<unknown[]>) => FetchHandler<unknown[]>;
  readonly onEnd?: (...args: unknown[]) => unknown;
  readonly context?: (argument: Context) => Promise<Context>;
}

function setUp({
  plugins = [],
  inside = (handler) => handler,
  onEnd,
  context = async (argument) => argument,
}: SetUp = {}) {
  const logger = { ...createLogger(), error: vi.fn() };
  const server = new ApolloServer<Context>({
    typeDefs,
    resolvers,
    allowBatchedHttpRequests: true,
    legacyExperimentalExecuteIncrementally: (args) => execute(args),
    includeStacktraceInErrorResponses: false,
    plugins: [subscriptions({ heartbeatIntervalMillis: 20 }), ...plugins],
    logger,
  });
  const reports: RequestReport[] = [];
  const handler: FetchHandler<unknown[]> = observe(
    inside(createFetchHandler(server, { context, maxBodyBytes: 20_000 })),
    {
      server,
      onEnd(report, ...args) {
        reports.push(report);
        return onEnd?.(report, ...args);
      },
    },
  );
  return { handler, reports, logger, server };
}

const streams = 'multipart/mixed; deferSpec=20220824, multipart/mixed; subscriptionSpec=1.0, application/json';

function post(query: unknown, headers: Record<string, string> = {}, init: RequestInit = {}): Request {
  const body = typeof query === 'string' ? JSON.stringify({ query }) : JSON.stringify(query);
  return new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: streams, ...headers },
    body,
    ...init,
  });
}

const get = (query: string, headers: Record<string, string> = {}) =>
  new Request(`http://a.test/?query=${query}`, { headers: { 'apollo-require-preflight': 'true', ...headers } });

const bad: Partial<RequestReport> = {
  operationType: undefined,
  errors: 1,
  codes: ['BAD_REQUEST'],
  outcome: 'complete',
  parts: undefined,
};

test.each<[name: string, request: () => Request, expected: Partial<RequestReport>]>([
  [
    'a query',
    () => post('query Hello {hello}'),
    { operationName: 'Hello', operationType: 'query', errors: 0, codes: [] },
  ],
  ['a mutation', () => post('mutation {change}'), { operationName: undefined, operationType: 'mutation', status: 200 }],
  ['errors', () => post('{a:fail(times:2) fail(code:"X")}'), { errors: 3, codes: ['INTERNAL_SERVER_ERROR', 'X'] }],
  [
    'many codes',
    () => post('{fail(code:"X",times:50)}'),
    { errors: 50, codes: Array.from('0123456789', (n) => `X${+n || ''}`) },
  ],
  ['a long name', () => post(`query ${'a'.repeat(9000)} {hello}`), { operationName: 'a'.repeat(100) }],
  ['fields named errors', () => post('{errors:hello data:cookie}'), { errors: 0, codes: [] }],
  ['a broken document', () => post('{'), { ...bad, status: 400, codes: ['GRAPHQL_PARSE_FAILED'] }],
  [
    'a hash alone',
    () => post({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } }),
    { ...bad, codes: ['PERSISTED_QUERY_NOT_FOUND'] },
  ],
  ['a body that is no JSON', () => post('{', {}, { body: '{' }), { ...bad, status: 400 }],
  ['a large body', () => post('{', {}, { body: ' '.repeat(20_001) }), { ...bad, status: 413 }],
  ['a charset', () => post('{', { 'content-type': 'application/json; charset=latin1' }), { ...bad, status: 415 }],
  ['CSRF', () => new Request('http://a.test/?query={hello}'), { ...bad, status: 400 }],
  [
    'a subscription that no stream can carry',
    () => post('subscription {ticks(then:"end")}', { accept: '*/*' }),
    { operationType: 'subscription', status: 406, errors: 1, codes: ['BAD_REQUEST'] },
  ],
  [
    'a preflight',
    () => new Request('http://a.test/', { method: 'OPTIONS' }),
    { ...bad, status: 204, errors: 0, codes: [] },
  ],
  [
    'a batch',
    () => post([{ query: '{hello}' }, { query: '{fail}' }, { query: '{' }]),
    {
      ...bad,
      operationName: undefined,
      status: 400,
      errors: 2,
      codes: ['INTERNAL_SERVER_ERROR', 'GRAPHQL_PARSE_FAILED'],
    },
  ],
])('reports %s', async (_name, request, expected) => {
  const { handler, reports } = setUp();
  await (await handler(request())).text();
  expect(reports).toEqual([expect.objectContaining({ outcome: 'complete', parts: undefined, ...expected })]);
});

test('a fault gets a report of its own, without what it has replaced', async () => {
  const { handler, reports } = setUp({
    context: async (argument) => ({ ...argument, responseHeaders: new Headers() }),
  });
  const broken = setUp({
    plugins: [
      {
        async requestDidStart() {
          return {
            async willSendResponse({ response }) {
              response.http.headers.set('x', '\n');
            },
          };
        },
      },
    ],
  });
  expect((await broken.handler(post('{fail(code:"X")}'))).status).toBe(500);
  expect(broken.reports).toMatchObject([
    { status: 500, outcome: 'failed', errors: 1, codes: ['INTERNAL_SERVER_ERROR'] },
  ]);
  await handler(post('{cookie}'));
  expect(reports).toMatchObject([{ status: 200, outcome: 'complete' }]);
});

test('a handler that throws', async () => {
  const onEnd = vi.fn();
  const handler = observe(
    () => {
      throw new Error('no');
    },
    { onEnd },
  );
  await expect(handler(post('{hello}'))).rejects.toThrow('no');
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ status: undefined, outcome: 'failed', headMillis: undefined }),
    expect.anything(),
  );
});

test('times are measured from the call, and the response comes with its request and the platform', async () => {
  const onEnd = vi.fn();
  const { handler } = setUp({
    onEnd,
    inside:
      (handler) =>
      async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return handler(...args);
      },
  });
  const request = post('{hello ...@defer{a:hello}}');
  const response = await handler(request, 'env', 'ctx');
  expect(onEnd).not.toHaveBeenCalled();
  await new Promise((resolve) => setTimeout(resolve, 30));
  await response.text();
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(expect.anything(), request, 'env', 'ctx');
  const { headMillis, durationMillis } = (onEnd.mock.lastCall ?? expect.fail())[0] as RequestReport;
  expect(headMillis).toBeGreaterThan(25);
  expect(durationMillis - (headMillis ?? 0)).toBeGreaterThan(25);
});

describe('streams', () => {
  test.each([
    ['alone', undefined],
    ['around a wrapper that replaces the signal', deadline],
  ])('of a request behind a Proxy, as Next.js passes one: %s', async (_name, inside) => {
    const { handler, reports } = setUp(inside && { inside });
    const client = new AbortController();
    const request = new Proxy(post('subscription {ticks(then:"wait")}', {}, { signal: client.signal }), {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { body } = await handler(request);
    await body?.getReader().read();
    client.abort();
    await vi.waitFor(() => expect(reports).toMatchObject([{ outcome: 'disconnected' }]));
  });

  test.each<[name: string, query: string, expected: Partial<RequestReport>]>([
    [
      'that is deferred',
      'query D {hello ...@defer{a:fail}}',
      { operationName: 'D', outcome: 'complete', errors: 1, codes: ['INTERNAL_SERVER_ERROR'], parts: 2 },
    ],
    [
      'that cannot be written',
      '{hello ...@defer{big}}',
      { outcome: 'failed', errors: 1, codes: ['INTERNAL_SERVER_ERROR'] },
    ],
    ['that a resolver breaks', '{items(count:2) @stream}', { outcome: 'complete', errors: 1 }],
    [
      'of events',
      'subscription S {ticks(then:"end")}',
      { operationName: 'S', operationType: 'subscription', outcome: 'complete', errors: 1, parts: 3 },
    ],
    [
      'of a source that throws',
      'subscription {ticks(then:"throw")}',
      { outcome: 'failed', errors: 2, parts: 4, codes: ['INTERNAL_SERVER_ERROR'] },
    ],
  ])('one %s', async (_name, query, expected) => {
    const { handler, reports } = setUp();
    const response = await handler(post(query));
    expect(reports).toEqual([]);
    await response.text();
    expect(reports).toMatchObject([{ status: 200, ...expected }]);
  });

  test.each(['cancels', 'disconnects', 'does both', 'never reads and disconnects'])('a client that %s', async (how) => {
    const { handler, reports } = setUp();
    const controller = new AbortController();
    const { body } = await handler(post('subscription {ticks(then:"wait")}', {}, { signal: controller.signal }));
    const reader = body?.getReader();
    for (let text = ''; !how.startsWith('never') && !text.includes('"ticks":3'); )
      text += new TextDecoder().decode((await reader?.read())?.value);
    expect(reports).toEqual([]);
    if (how !== 'disconnects') {
      if (!how.startsWith('never')) await reader?.cancel();
    }
    if (how !== 'cancels') controller.abort();
    await vi.waitFor(() => expect(reports).not.toEqual([]));
    // A wrapper around this one learns that nothing comes any more.
    await reader?.closed;
    expect(reports).toMatchObject([
      {
        outcome: 'disconnected',
        status: 200,
        errors: how.startsWith('never') ? 0 : 1,
        parts: how.startsWith('never') ? 0 : 3,
      },
    ]);
  });
});

test.each([
  ['{never}', 5],
  ['{never}', 50],
  ['{untilAbort}', 50],
])('a client that leaves before its response, %s after %d ms', async (query, after) => {
  const { handler, reports } = setUp();
  const controller = new AbortController();
  const response = handler(post(query, {}, { signal: controller.signal }));
  await new Promise((resolve) => setTimeout(resolve, after));
  controller.abort();
  await vi.waitFor(() => expect(reports).not.toEqual([]));
  expect(reports).toMatchObject([
    { outcome: 'disconnected', operationType: 'query', status: undefined, headMillis: undefined },
  ]);
  if (query === '{untilAbort}') await response;
  expect(reports).toHaveLength(1);
});

test('a client that has left before the handler is called, and one that leaves after its response', async () => {
  const { handler, reports } = setUp();
  void handler(post('{never}', {}, { signal: AbortSignal.abort() }));
  await vi.waitFor(() => expect(reports).toMatchObject([{ outcome: 'disconnected' }]));
  const controller = new AbortController();
  await handler(post('{hello}', {}, { signal: controller.signal }));
  controller.abort();
  expect(reports).toMatchObject([{}, { outcome: 'complete' }]);
});

test('a short request does not pay for a signal', async () => {
  const { handler, reports } = setUp({ context: async () => ({}) as Context });
  const request = post('{hello}');
  const read = vi.fn();
  Object.defineProperty(request, 'signal', { get: read });
  await handler(request);
  expect(reports).toHaveLength(1);
  expect(read).not.toHaveBeenCalled();
});

test.each<[string, (...args: unknown[]) => unknown]>([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('no');
    },
  ],
])('onEnd that %s is logged, and costs nobody a response', async (_name, onEnd) => {
  const { handler, logger } = setUp({ onEnd });
  logger.error.mockImplementation(() => {
    throw new Error('The log is full.');
  });
  expect(await (await handler(post('{hello}'))).json()).toEqual({ data: { hello: 'world' } });
  expect(await (await handler(post('{hello ...@defer{a:hello}}'))).text()).toContain('"a":"world"');
  expect(logger.error.mock.calls).toEqual([[new Error('no')], [new Error('no')]]);
});

test('a promise of onEnd is held with waitUntil', async () => {
  const waitUntil = vi.fn();
  const { handler } = setUp({ onEnd: async () => {} });
  await handler(post('{hello}'), { waitUntil });
  // The other two are the start and the execution.
  const { length } = waitUntil.mock.calls;
  const bare = setUp();
  waitUntil.mockClear();
  await bare.handler(post('{hello}'), { waitUntil });
  expect(length).toBe(waitUntil.mock.calls.length + 1);
});

test.each(['inside', 'around'])('a deadline %s', async (place) => {
  const limit = (handler: FetchHandler<unknown[]>) => deadline(handler, { maxMillis: 50 });
  const { handler, reports } = setUp(place === 'inside' ? { inside: limit } : {});
  const limited = place === 'inside' ? handler : limit(handler);
  expect((await limited(post('query N {never}'))).status).toBe(504);
  const text = await (await limited(post('{hello ...@defer{fail(code:"X") never}}'))).text();
  expect(text).toContain('TIMEOUT');
  await vi.waitFor(() => expect(reports).toHaveLength(2));
  expect(reports).toMatchObject([
    { operationName: 'N', outcome: 'timeout', status: 504, errors: 1, codes: ['TIMEOUT'], parts: undefined },
    { outcome: 'timeout', status: 200, errors: 1, codes: ['TIMEOUT'], parts: 1 },
  ]);
});

test('a cache inside: what it stores, what it has, and what the client has', async () => {
  const entries = new Map<string, Response>();
  const key = (request: Request | string | URL) => (request instanceof Request ? request.url : String(request));
  const cache = {
    match: async (request: Request | string | URL) => entries.get(key(request))?.clone(),
    put: async (request: Request | string | URL, response: Response) => void entries.set(key(request), response),
    delete: async (request: Request | string | URL) => entries.delete(key(request)),
  };
  const { handler, reports } = setUp({ inside: (handler) => httpCache(handler, { cache }) });
  const first = await handler(get('{hello}'));
  const second = await handler(get('{hello}'));
  const third = await handler(get('{hello}', { 'if-none-match': first.headers.get('etag') ?? '' }));
  expect([second.headers.has('age'), third.status]).toEqual([true, 304]);
  const none = { operationType: undefined, errors: 0, outcome: 'complete' };
  expect(reports).toMatchObject([
    { operationType: 'query', status: 200 },
    { ...none, status: 200 },
    { ...none, status: 304 },
  ]);
});

test('all wrappers together, and one around another', async () => {
  const inner = vi.fn();
  const outer = vi.fn();
  const { handler, server } = setUp({
    onEnd: inner,
    inside: (handler) => deadline(compression(httpCache(handler))),
  });
  const whole = drain(observe(cors(handler, { origin: '*' }), { server, onEnd: outer }), { server, close() {} });
  for (const query of ['query A {fail}', 'query A {fail ...@defer{a:hello}}']) {
    await (await whole(post(query))).text();
    for (const onEnd of [inner, outer]) {
      expect(onEnd).toHaveBeenCalledTimes(1);
      expect(onEnd.mock.lastCall?.[0]).toMatchObject({ operationName: 'A', errors: 1, outcome: 'complete' });
      onEnd.mockClear();
    }
  }
  // The same request once more, as a wrapper that tries again sends it.
  const request = get('{fail}');
  await whole(request);
  await whole(request);
  expect(outer.mock.calls.map(([report]) => report.errors)).toEqual([1, 1]);
});

test.each([
  ['without the plugin', () => [], undefined],
  ['with the plugin', () => [observePlugin()], 'Q'],
])('a server that a function creates, %s', async (_name, plugins, operationName) => {
  const onEnd = vi.fn();
  const createServer = () =>
    new ApolloServer<BaseContext>({ typeDefs: 'type Query { fail: Int! }', plugins: plugins() });
  const handler = observe(createFetchHandler(createServer), { onEnd });
  await handler(post('query Q {fail}'));
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ operationName, errors: 1 }),
    expect.anything(),
  );
});

test('a server that has started takes no plugin', async () => {
  const { server, handler } = setUp();
  await handler(post('{hello}'));
  const late = new ApolloServer({ typeDefs });
  await late.start();
  expect(() => observe(handler, { server: late, onEnd() {} })).toThrow('after the server has started');
  // It observes the server already.
  expect(() => observe(handler, { server, onEnd() {} })).not.toThrow();
});
