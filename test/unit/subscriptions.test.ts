import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  ApolloServer,
  type ApolloServerOptions,
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLRequestContext,
} from '@apollo/server';
import { ApolloServerPluginSubscriptionCallback } from '@apollo/server/plugin/subscriptionCallback';
import { GraphQLError, GraphQLScalarType } from 'graphql';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createFetchHandler } from '../../src/index.ts';
import { type SubscriptionsOptions, subscriptions } from '../../src/subscriptions.ts';
import { createLogger } from '../apps/logger.ts';
import { complete, multipart, multipartGoodbye, multipartStart, next, part } from '../subscriptions/wire.ts';

const eventStream = 'text/event-stream';
const eventStreamType = 'text/event-stream; charset=utf-8';

/** A source that a test controls. It counts the calls that it gets. */
class Source implements AsyncIterableIterator<unknown> {
  readonly #results: IteratorResult<unknown>[] = [];
  #failure: unknown;
  #wake = () => {};
  asked = 0;
  returned = 0;

  push(value: unknown): void {
    this.#results.push({ done: false, value });
    this.#wake();
  }
  end(): void {
    this.#results.push({ done: true, value: undefined });
    this.#wake();
  }
  fail(error: unknown): void {
    this.#failure = error;
    this.#wake();
  }
  async next(): Promise<IteratorResult<unknown>> {
    this.asked++;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const result = this.#results.shift();
      if (result !== undefined) return result;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
  async return(): Promise<IteratorResult<unknown>> {
    this.returned++;
    this.end();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

const typeDefs = /* GraphQL */ `
  scalar Anything
  type Query { hello: String }
  type Mutation { change: String }
  type Subscription {
    ticks(first: Int): Anything
    "Its resolver fails."
    failing: String
    unserializable: Anything
    "Its \`subscribe\` does what the test says."
    opening: String
    "Has no \`subscribe\`."
    fieldOnly: String
    nested: Nested
  }
  type Nested { tick: Int }
`;

interface Setup {
  readonly options?: SubscriptionsOptions;
  readonly apollo?: Partial<ApolloServerOptions<{ signal: AbortSignal }>>;
  readonly plugins?: ApolloServerPlugin[];
  readonly opening?: () => unknown;
}

function setUp({ options, apollo, plugins = [], opening }: Setup = {}) {
  const source = new Source();
  const signals: AbortSignal[] = [];
  const error = vi.fn();
  const server = new ApolloServer<{ signal: AbortSignal }>({
    typeDefs,
    resolvers: {
      Anything: new GraphQLScalarType({ name: 'Anything', serialize: (value) => value }),
      Query: { hello: () => 'world' },
      Mutation: { change: () => 'changed' },
      Subscription: {
        ticks: { subscribe: () => source, resolve: (tick: unknown) => tick },
        unserializable: { subscribe: () => source, resolve: (tick: unknown) => (tick === 2 ? 2n : tick) },
        failing: {
          subscribe: () => source,
          resolve(tick: unknown) {
            throw tick;
          },
        },
        opening: { subscribe: () => opening?.() ?? source, resolve: (tick: unknown) => tick },
        nested: { subscribe: () => source, resolve: (tick: unknown) => ({ tick }) },
      },
    },
    logger: createLogger(error),
    includeStacktraceInErrorResponses: false,
    plugins: [subscriptions(options), ...plugins],
    ...apollo,
  } as ApolloServerOptions<{ signal: AbortSignal }>);
  const handler = createFetchHandler(server, {
    context: async ({ signal }) => {
      signals.push(signal);
      return { signal };
    },
  });
  return { source, signals, error, server, handler };
}

function post(query: unknown, accept?: string, init: RequestInit = {}): Request {
  return new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(accept === undefined ? {} : { accept }) },
    body: JSON.stringify(typeof query === 'string' ? { query } : query),
    ...init,
  });
}

function get(query: string, accept: string, headers: HeadersInit = { 'apollo-require-preflight': '1' }): Request {
  return new Request(`http://a.test/?query=${encodeURIComponent(query)}`, { headers: { accept, ...headers } });
}

/** Reads a response chunk by chunk. */
function readerOf({ body }: Response) {
  const reader = body?.getReader() ?? expect.fail('no body');
  const decoder = new TextDecoder();
  return {
    async next(): Promise<string | undefined> {
      const { done, value } = await reader.read();
      return done ? undefined : decoder.decode(value);
    },
    cancel: () => reader.cancel(),
  };
}

const protocols = [
  {
    name: 'multipart',
    accept: multipart,
    start: multipartStart,
    event: (json: string) => part(`{"payload":${json}}`),
    end: '--\r\n',
  },
  { name: 'event stream', accept: eventStream, start: ':\n', event: next, end: complete },
];

afterEach(() => void vi.useRealTimers());

describe.each(protocols)('$name', ({ accept, start, event, end }) => {
  test('a heartbeat at once, then each event as a chunk of its own, then the end', async () => {
    const { handler, source, signals } = setUp();
    const response = await handler(post('subscription { ticks }', accept));
    expect(response.status).toBe(200);
    const reader = readerOf(response);
    expect(await reader.next()).toBe(start);
    source.push('a\r\n--graphql--\n\nevent: complete€');
    expect(await reader.next()).toBe(event('{"data":{"ticks":"a\\r\\n--graphql--\\n\\nevent: complete€"}}'));
    source.push(null);
    expect(await reader.next()).toBe(event('{"data":{"ticks":null}}'));
    source.end();
    expect(await reader.next()).toBe(end);
    expect(await reader.next()).toBeUndefined();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    expect(source.returned, 'it has ended by itself').toBe(0);
  });

  test('an event that happens before the response is read, from a source that listens once it is asked', async () => {
    const hub = new EventEmitter();
    const { handler } = setUp({
      opening: async function* () {
        yield* await once(hub, 'tick');
      },
    });
    const response = await handler(post('subscription { opening }', accept));
    hub.emit('tick', 'early');
    expect(await response.text()).toBe(start + event('{"data":{"opening":"early"}}') + end);
  });

  test('heartbeats while nothing happens, and no timer is left behind', async () => {
    vi.useFakeTimers();
    const { handler, source } = setUp();
    const reader = readerOf(await handler(post('subscription { ticks }', accept)));
    await reader.next();
    expect(vi.getTimerCount(), 'nobody waits').toBe(0);
    for (let beat = 0; beat < 3; beat++) {
      const chunk = reader.next();
      await vi.advanceTimersByTimeAsync(4999);
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(await chunk).toBe(start.replace('\r\n--graphql', ''));
    }
    expect(source.asked, 'one event is asked for, however long it takes').toBe(1);
    source.push(1);
    expect(await reader.next()).toBe(event('{"data":{"ticks":1}}'));
    const last = reader.next();
    await vi.advanceTimersByTimeAsync(1);
    source.end();
    expect(await last).toBe(end);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('one timer serves many events, and a heartbeat comes a whole interval after the last of them', async () => {
    vi.useFakeTimers();
    const { handler, source } = setUp();
    const reader = readerOf(await handler(post('subscription { ticks }', accept)));
    await reader.next();
    const started = vi.spyOn(globalThis, 'setTimeout');
    for (let tick = 0; tick < 4; tick++) {
      const chunk = reader.next();
      await vi.advanceTimersByTimeAsync(1000);
      source.push(tick);
      expect(await chunk).toBe(event(`{"data":{"ticks":${tick}}}`));
    }
    expect(started).toHaveBeenCalledTimes(1);
    let isSilent = true;
    const beat = reader.next().then((chunk) => {
      isSilent = false;
      return chunk;
    });
    await vi.advanceTimersByTimeAsync(4990);
    expect([isSilent, vi.getTimerCount()]).toEqual([true, 1]);
    await vi.advanceTimersByTimeAsync(10);
    expect(await beat).toBe(start.replace('\r\n--graphql', ''));
    // Nobody waits when the next timer ends, so none follows it.
    void reader.next();
    source.push(5);
    await vi.advanceTimersByTimeAsync(5000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('no timer is left behind by a client that leaves', async () => {
    vi.useFakeTimers();
    const client = new AbortController();
    const { handler } = setUp();
    const reader = readerOf(await handler(post('subscription { ticks }', accept, { signal: client.signal })));
    await reader.next();
    const chunk = reader.next();
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(1);
    client.abort();
    expect(await chunk).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the source is asked for no more than the client reads', async () => {
    const { handler, source } = setUp();
    const reader = readerOf(await handler(post('subscription { ticks }', accept)));
    for (let tick = 0; tick < 10; tick++) source.push(tick);
    await reader.next();
    for (let tick = 0; tick < 3; tick++) {
      expect(await reader.next()).toBe(event(`{"data":{"ticks":${tick}}}`));
      expect(source.asked).toBe(tick + 1);
    }
  });

  describe.each([
    ['aborts its request', (client: AbortController) => client.abort()],
    ['cancels the response', (_client: AbortController, reader: ReturnType<typeof readerOf>) => reader.cancel()],
  ])('a client that %s', (_name, leave) => {
    test('between events: the source is returned and the signal aborts', async () => {
      const client = new AbortController();
      const { handler, source, signals } = setUp();
      const reader = readerOf(await handler(post('subscription { ticks }', accept, { signal: client.signal })));
      source.push(1);
      await reader.next();
      await reader.next();
      await leave(client, reader);
      await vi.waitFor(() => expect([source.returned, signals[0]?.aborted]).toEqual([1, true]));
    });

    test('before the first chunk', async () => {
      const client = new AbortController();
      const { handler, source, signals } = setUp();
      const reader = readerOf(await handler(post('subscription { ticks }', accept, { signal: client.signal })));
      await leave(client, reader);
      await vi.waitFor(() => expect([source.returned, signals[0]?.aborted]).toEqual([1, true]));
    });

    test('while the source is busy: a generator that listens to the signal ends', async () => {
      let isClosed = false;
      const setup: { signal?: AbortSignal } = {};
      const { handler, signals, error } = setUp({
        opening: async function* () {
          try {
            yield 1;
            await new Promise((_, reject) => setup.signal?.addEventListener('abort', reject));
          } finally {
            isClosed = true;
          }
        },
      });
      const client = new AbortController();
      const reader = readerOf(await handler(post('subscription { opening }', accept, { signal: client.signal })));
      if (signals[0] !== undefined) setup.signal = signals[0];
      await reader.next();
      expect(await reader.next()).toBe(event('{"data":{"opening":"1"}}'));
      const chunk = reader.next();
      await new Promise((resolve) => setTimeout(resolve));
      await leave(client, reader);
      expect(await chunk).toBeUndefined();
      await vi.waitFor(() => expect(isClosed).toBe(true));
      await new Promise((resolve) => setTimeout(resolve));
      expect(error, 'that it fails with the signal is no news').not.toHaveBeenCalled();
    });
  });

  test('a client that leaves while the source is being opened: it is returned as soon as it is there', async () => {
    const opened = Promise.withResolvers<Source>();
    const source = new Source();
    const { handler, signals } = setUp({ opening: () => opened.promise });
    const client = new AbortController();
    const response = handler(post('subscription { opening }', accept, { signal: client.signal }));
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    client.abort();
    expect(signals[0]?.aborted).toBe(true);
    expect(await (await response).text()).toBe('');
    opened.resolve(source);
    await vi.waitFor(() => expect(source.returned).toBe(1));
    expect(source.asked).toBe(0);
  });

  test('a source that takes long to open', async () => {
    const opened = Promise.withResolvers<Source>();
    const { handler, source } = setUp({ opening: () => opened.promise });
    const response = handler(post('subscription { opening }', accept));
    opened.resolve(source);
    source.end();
    expect(await (await response).text()).toBe(start + end);
  });

  test('the errors of an event are formatted by the server, and the next event follows', async () => {
    const formatError = vi.fn((formatted) => ({ ...formatted, message: `formatted: ${formatted.message}` }));
    const invalidRequestWasReceived = vi.fn();
    const { handler, source, error } = setUp({
      apollo: { formatError },
      plugins: [{ invalidRequestWasReceived }],
    });
    const reader = readerOf(await handler(post('subscription { failing }', accept)));
    await reader.next();
    const cause = new GraphQLError('no', { extensions: { code: 'NO', http: { status: 418 } } });
    source.push(cause);
    const json =
      '{"errors":[{"message":"formatted: no","locations":[{"line":1,"column":16}],"path":["failing"],"extensions":{"code":"NO"}}],"data":{"failing":null}}';
    expect(await reader.next()).toBe(event(json));
    expect(formatError.mock.lastCall).toEqual([expect.anything(), expect.objectContaining({ originalError: cause })]);
    source.push(new Error('again'));
    expect(await reader.next()).toContain('"message":"formatted: again"');
    expect(error).not.toHaveBeenCalled();
    expect(invalidRequestWasReceived).not.toHaveBeenCalled();
  });

  test.each([true, false])('includeStacktraceInErrorResponses: %s', async (includeStacktraceInErrorResponses) => {
    const { handler, source } = setUp({ apollo: { includeStacktraceInErrorResponses } });
    const reader = readerOf(await handler(post('subscription { failing }', accept)));
    await reader.next();
    source.push(new Error('no'));
    expect((await reader.next())?.includes('"stacktrace":["Error: no"')).toBe(includeStacktraceInErrorResponses);
  });

  test.each([
    ['formatError', { formatError: () => expect.fail('a secret') }],
    [
      'stringifyResult',
      { stringifyResult: (result: object) => ('errors' in result && result.errors ? expect.fail('a secret') : '{}') },
    ],
  ])('a %s that throws hides the error', async (_name, apollo) => {
    const { handler, source } = setUp({ apollo });
    const reader = readerOf(await handler(post('subscription { failing }', accept)));
    await reader.next();
    source.push(new Error('another secret'));
    expect(await reader.next()).toBe(
      event(
        '{"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":{"failing":null}}',
      ),
    );
  });

  test('an event that is no JSON: an error in its place, and the next event follows', async () => {
    const { handler, source, error } = setUp();
    const reader = readerOf(await handler(post('subscription { unserializable }', accept)));
    await reader.next();
    source.push(2);
    expect(await reader.next()).toBe(
      event(
        '{"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":null}',
      ),
    );
    source.push(3);
    expect(await reader.next()).toBe(event('{"data":{"unserializable":3}}'));
    expect(error).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError));
  });

  const failure = (errors: string) =>
    accept === eventStream
      ? `${next(`{"errors":${errors}}`)}${complete}`
      : `${part(`{"payload":null,"errors":${errors}}`)}--\r\n`;

  test('a source that throws ends the subscription, and does not say why', async () => {
    const { handler, source, error } = setUp();
    const reader = readerOf(await handler(post('subscription { ticks }', accept)));
    await reader.next();
    const cause = new Error('a secret');
    source.fail(cause);
    expect(await reader.next()).toBe(
      failure('[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]'),
    );
    expect(await reader.next()).toBeUndefined();
    expect(error).toHaveBeenCalledExactlyOnceWith(cause);
    expect(source.returned).toBe(0);
  });

  test('a logger that throws changes nothing', async () => {
    const full = () => expect.fail('The log is full.');
    const { handler, source } = setUp({
      apollo: {
        logger: { debug: full, info: full, warn: full, error: full },
        stringifyResult: (result) => ('errors' in result && result.errors ? full() : '{}'),
      },
      opening: () => ({}),
    });
    const internal =
      '{"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":null}';
    const unserializable = readerOf(await handler(post('subscription { unserializable }', accept)));
    await unserializable.next();
    source.push(2);
    expect(await unserializable.next()).toBe(event(internal));
    source.fail(new Error('a secret'));
    expect(await unserializable.next()).toBe(
      failure('[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]'),
    );
    const broken = await handler(post('subscription { opening }', accept));
    expect(await broken.text()).toContain('"message":"Internal server error"');
  });

  test('a source that throws a GraphQLError says why', async () => {
    const { handler, source, error } = setUp({ apollo: { formatError: (e) => ({ ...e, extensions: { f: 1 } }) } });
    const reader = readerOf(await handler(post('subscription { ticks }', accept)));
    await reader.next();
    source.fail(new GraphQLError('revoked', { path: ['a'] }));
    expect(await reader.next()).toBe(failure('[{"message":"revoked","extensions":{"f":1}}]'));
    expect(error).not.toHaveBeenCalled();
  });

  test('the cookies of the context function are sent', async () => {
    const { server, source } = setUp();
    const handler = createFetchHandler(server, {
      context: async ({ signal, responseHeaders }) => {
        responseHeaders.append('set-cookie', 'a=1');
        return { signal };
      },
    });
    const response = await handler(post('subscription { ticks }', accept));
    expect(response.headers.getSetCookie()).toEqual(['a=1']);
    source.end();
    await response.text();
  });
});

test('an event stream escapes what other parsers than an EventSource take for the end of a line', async () => {
  const { handler, source } = setUp();
  source.push('\x85\u2028\u2029');
  source.end();
  const response = await handler(post('subscription { ticks }', eventStream));
  expect(await response.text()).toContain('data: {"data":{"ticks":"\\u0085\\u2028\\u2029"}}\n');
});

describe('headers', () => {
  const both = { 'cache-control': 'no-store, no-transform', 'content-encoding': 'identity', 'x-accel-buffering': 'no' };

  test.each([
    ['multipart/mixed;subscriptionSpec=1.0', 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'],
    [eventStream, eventStreamType],
  ])('%s', async (accept, contentType) => {
    const { handler, source } = setUp();
    const response = await handler(post('subscription { ticks }', accept));
    expect(Object.fromEntries(response.headers)).toEqual({ ...both, 'content-type': contentType });
    source.end();
    await response.text();
  });
});

describe('Accept', () => {
  test.each([
    ['multipart/mixed;subscriptionSpec=1.0', 'multipart/mixed'],
    ['multipart/mixed; subscriptionSpec="1.0", application/json', 'multipart/mixed'],
    ['Multipart/Mixed ; boundary="graphql" ; SUBSCRIPTIONSPEC=1.0', 'multipart/mixed'],
    ['application/json, multipart/mixed;subscriptionSpec=1.0;q=0.1', 'multipart/mixed'],
    ['text/event-stream', 'text/event-stream'],
    ['application/json;q=0.5,TEXT/event-stream;charset=utf-8', 'text/event-stream'],
    ['text/event-stream, multipart/mixed', 'text/event-stream'],
    ['text/event-stream, multipart/mixed;subscriptionSpec=1.0', 'text/event-stream'],
    ['multipart/mixed;subscriptionSpec=1.0, text/event-stream', 'multipart/mixed'],
    ['multipart/mixed;subscriptionSpec=1.0;q=0.8, text/event-stream;q=0.9', 'text/event-stream'],
    ['text/event-stream;q=0, multipart/mixed;subscriptionSpec=1.0', 'multipart/mixed'],
  ])('%s: %s', async (accept, contentType) => {
    const { handler, source } = setUp();
    const response = await handler(post('subscription { ticks }', accept));
    source.end();
    await response.text();
    expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([200, contentType]);
  });

  test.each([
    undefined,
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'text/html',
    'multipart/mixed',
    'multipart/mixed;subscriptionSpec=2.0, application/json',
    'multipart/mixed;deferSpec=20220824, application/json',
    'text/event-stream;q=0, multipart/mixed;subscriptionSpec=1.0;q=0',
    'text/event-stream;q=none',
    '',
    ',;"',
  ])('%s: 406 that names both', async (accept) => {
    const { handler, source } = setUp();
    const response = await handler(post('subscription { ticks }', accept));
    expect([response.status, response.headers.get('content-type')]).toEqual([406, 'application/json; charset=utf-8']);
    const { errors } = await response.json();
    expect(errors).toEqual([
      {
        message:
          'Subscriptions are sent as "multipart/mixed; subscriptionSpec=1.0" or as "text/event-stream". The Accept header must list one of them.',
        extensions: { code: 'BAD_REQUEST' },
      },
    ]);
    expect(source.asked).toBe(0);
  });

  test('a header of 100,000 signs is read in no time', async () => {
    const { handler } = setUp();
    for (const sign of ['"', ',', ';', '\\', '"\\', ' ', 'q=', '=']) {
      const start = performance.now();
      expect((await handler(post('subscription { ticks }', sign.repeat(100_000)))).status).toBe(406);
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });
});

describe('what is refused', () => {
  test('a batch', async () => {
    const { handler, source } = setUp({ apollo: { allowBatchedHttpRequests: true } });
    const batch = [{ query: '{ hello }' }, { query: 'subscription { ticks }' }];
    const response = await handler(post(batch, multipart));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual([
      { data: { hello: 'world' } },
      { errors: [{ message: 'A subscription cannot be part of a batch.', extensions: { code: 'BAD_REQUEST' } }] },
    ]);
    expect(source.asked).toBe(0);
  });

  test('a server that is not served by the handler', async () => {
    const { server } = setUp();
    const { body, http } = await server.executeOperation(
      { query: 'subscription { ticks }' },
      {
        contextValue: { signal: new AbortController().signal },
      },
    );
    expect([http.status, body]).toEqual([
      501,
      {
        kind: 'single',
        singleResult: {
          errors: [
            {
              message: 'Subscriptions are served by createFetchHandler alone.',
              extensions: { code: 'NOT_IMPLEMENTED' },
            },
          ],
        },
      },
    ]);
    const query = await server.executeOperation(
      { query: '{ hello }' },
      {
        contextValue: { signal: new AbortController().signal },
      },
    );
    expect(query.body).toMatchObject({ singleResult: { data: { hello: 'world' } } });
  });

  test('a mutation by GET', async () => {
    const { handler } = setUp();
    const response = await handler(get('mutation { change }', multipart));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await response.json()).toHaveProperty('errors.0.extensions.code', 'BAD_REQUEST');
  });

  test('a subscription by GET that CSRF prevention blocks', async () => {
    const { handler, signals } = setUp();
    const response = await handler(get('subscription { ticks }', eventStream, {}));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Cross-Site Request Forgery');
    expect(signals).toEqual([]);
  });
});

describe('a GET that CSRF prevention lets pass', () => {
  test.each([multipart, eventStream])('is served: %s', async (accept) => {
    const { handler, source } = setUp();
    const response = await handler(get('subscription { ticks }', accept));
    source.end();
    expect(response.status).toBe(200);
    await response.text();
  });

  test.each(['before', 'after'])('is a GET to every hook of a plugin that is listed %s', async (place) => {
    const seen = new Set<string>();
    const look =
      (hook: string) =>
      async ({ request }: GraphQLRequestContext<BaseContext>) => {
        seen.add(`${hook} ${request.http?.method}`);
        return null;
      };
    const hooks = ['didResolveSource', 'parsingDidStart', 'validationDidStart', 'didEncounterErrors'];
    hooks.push('didResolveOperation', 'responseForOperation', 'executionDidStart', 'willSendResponse');
    const plugin: ApolloServerPlugin = {
      requestDidStart: async () => Object.fromEntries(hooks.map((hook) => [hook, look(hook)])),
    };
    const plugins = place === 'before' ? [plugin, subscriptions()] : [subscriptions(), plugin];
    const { handler, source } = setUp({ apollo: { plugins } });
    source.end();
    const statuses: number[] = [];
    for (const query of ['subscription { ticks }', '{ hello }', '{ nothing }', 'mutation { change }']) {
      const response = await handler(get(query, 'application/json, text/event-stream'));
      statuses.push(response.status);
      await response.text();
    }
    expect(statuses).toEqual([200, 200, 400, 405]);
    expect([...seen].toSorted()).toEqual(hooks.map((hook) => `${hook} GET`).toSorted());
  });

  test('another plugin may replace the request', async () => {
    const plugin: ApolloServerPlugin = {
      async requestDidStart({ request }) {
        if (request.http) request.http = { ...request.http, method: 'PUT' };
        return { didResolveOperation: async (context) => expect(context.request.http?.method).toBe('PUT') };
      },
    };
    const { handler } = setUp({ plugins: [plugin] });
    expect((await handler(get('{ hello }', 'application/json'))).status).toBe(200);
  });
});

describe('`@skip` and `@include` at the root of a subscription', () => {
  test.each([
    ['skip', '{ ticks @skip(if: true) }'],
    ['skip', '{ ... @skip(if: true) { ticks } }'],
    ['include', '{ ...F @include(if: false) } fragment F on Subscription { ticks }'],
    ['include', '{ ...F } fragment F on Subscription { ...F ... { ticks @include(if: false) } }'],
    ['include', '($on: Boolean!) { ticks @include(if: $on) }'],
    ['include', '{ ticks @include }'],
  ])('@%s is refused: subscription %s', async (name, selection) => {
    const { handler, server, error } = setUp({ apollo: { allowBatchedHttpRequests: true } });
    const query = `subscription ${selection}`;
    const contextValue = { signal: new AbortController().signal };
    const elsewhere = await server.executeOperation({ query, variables: { on: true } }, { contextValue });
    expect(elsewhere.http.status).toBe(400);
    for (const body of [{ query, variables: { on: true } }, [{ query }]]) {
      const response = await handler(post(body, multipart));
      expect(response.status).toBe(400);
      expect([await response.json()].flat()).toEqual([
        {
          errors: [
            {
              message: `Directive "@${name}" may not be used on SUBSCRIPTION.`,
              locations: [{ line: 1, column: query.indexOf('@') + 1 }],
              extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
            },
          ],
        },
      ]);
    }
    expect(error).not.toHaveBeenCalled();
  });

  test('elsewhere they are as they were', async () => {
    const { handler, source } = setUp();
    source.push(1);
    source.end();
    const response = await handler(post('subscription { nested { tick @include(if: true) } }', eventStream));
    expect(await response.text()).toContain('{"nested":{"tick":1}}');
    expect(await (await handler(post('{ hello @skip(if: true) }'))).json()).toEqual({ data: {} });
  });
});

describe('a router with a callback URL', () => {
  const callback = { callbackUrl: 'http://router.test/callback/1', subscriptionId: '1', verifier: 'v' };
  const router = 'application/json;callbackSpec=1.0';
  const request = (subscription: object, accept: string) =>
    post(
      { query: 'subscription { ticks }', extensions: { subscription: { ...subscription, heartbeatIntervalMs: 0 } } },
      accept,
    );

  test.each([
    ['before', router, callback],
    ['after', router, callback],
    ['after', `${router}, ${eventStream}`, { callback_url: callback.callbackUrl, subscription_id: '1', verifier: 'v' }],
  ])("is served by Apollo's plugin alone, which is listed %s: %s, %o", async (place, accept, extension) => {
    const actions: unknown[] = [];
    const apollo = ApolloServerPluginSubscriptionCallback({
      async fetcher(url, init) {
        const { action, payload } = JSON.parse(String(init?.body));
        actions.push([url, action, payload?.data]);
        return new Response(null, { status: 204 });
      },
    });
    const plugins = place === 'before' ? [apollo, subscriptions()] : [subscriptions(), apollo];
    const { handler, source } = setUp({ apollo: { plugins } });
    source.push(1);
    source.end();
    const response = await handler(request(extension, accept));
    expect([response.status, await response.json()]).toEqual([200, { data: null }]);
    const { callbackUrl } = callback;
    await vi.waitFor(() =>
      expect(actions).toEqual([
        [callbackUrl, 'check', undefined],
        [callbackUrl, 'next', { ticks: 1 }],
        [callbackUrl, 'complete', undefined],
      ]),
    );
  });

  test('is refused without that plugin, and nothing is executed', async () => {
    const { handler, source, error } = setUp();
    const response = await handler(request(callback, router));
    expect(response.status).toBe(406);
    const message = 'A callback URL needs ApolloServerPluginSubscriptionCallback, which this server does not have.';
    expect(await response.json()).toEqual({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
    expect([source.asked, error.mock.calls]).toEqual([0, []]);
  });
});

describe('errors before the first event', () => {
  const hash = createHash('sha256').update('subscription { ticks }').digest('hex');
  const cases: [name: string, status: number, message: RegExp, body: unknown][] = [
    ['a query that does not parse', 400, /^Syntax Error/, { query: 'subscription {' }],
    ['a query that is not valid', 400, /^Cannot query field "nothing"/, { query: 'subscription { nothing }' }],
    [
      'variables of the wrong type',
      400,
      /^Variable "\$first" got invalid value "a"/,
      { query: 'subscription ($first: Int) { ticks(first: $first) }', variables: { first: 'a' } },
    ],
    [
      'a persisted query that is not there',
      200,
      /^PersistedQueryNotFound$/,
      { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } },
    ],
    [
      'an operation that is not there',
      400,
      /^Unknown operation named "b"/,
      { query: 'subscription a { ticks }', operationName: 'b' },
    ],
    ['a `subscribe` that throws', 500, /^no entry$/, { query: 'subscription { opening }' }],
    ['a field without `subscribe`', 500, /^Internal server error$/, { query: 'subscription { fieldOnly }' }],
  ];
  const opening = () => {
    throw new Error('no entry');
  };

  describe.each(cases)('%s', (_name, status, message, body) => {
    const both = 'text/event-stream, application/graphql-response+json';
    test.each([multipart, both])('is JSON for %s', async (accept) => {
      const { handler } = setUp({ opening });
      const response = await handler(post(body, accept));
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json/);
      expect((await response.json()).errors).toEqual([
        expect.objectContaining({ message: expect.stringMatching(message) }),
      ]);
    });

    test('is an event for a client of event streams alone', async () => {
      const { handler } = setUp({ opening });
      const response = await handler(post(body, eventStream));
      expect([response.status, response.headers.get('content-type')]).toEqual([200, eventStreamType]);
      const [, json = ''] = /^event: next\ndata: (.*)\n\nevent: complete\ndata:\n\n$/.exec(await response.text()) ?? [];
      expect(JSON.parse(json).errors).toEqual([expect.objectContaining({ message: expect.stringMatching(message) })]);
    });

    test('is an event for a client of multipart alone', async () => {
      const { handler } = setUp({ opening });
      const response = await handler(post(body, 'multipart/mixed;subscriptionSpec=1.0'));
      expect(response.status).toBe(200);
      const [, json = ''] =
        /^\r\n--graphql\r\ncontent-type: application\/json\r\n\r\n(.*)\r\n--graphql--\r\n$/.exec(
          await response.text(),
        ) ?? [];
      expect(JSON.parse(json).payload.errors).toEqual([
        expect.objectContaining({ message: expect.stringMatching(message) }),
      ]);
    });
  });

  test('a persisted query, once it is there', async () => {
    const { handler, source } = setUp();
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
    const first = await handler(post({ query: 'subscription { ticks }', extensions }, multipart));
    source.end();
    expect(await first.text()).toBe(`${multipartStart}--\r\n`);
    const second = await handler(post({ extensions }, multipart));
    source.end();
    expect(await second.text()).toBe(`${multipartStart}--\r\n`);
  });

  const modern = 'text/event-stream, application/graphql-response+json';
  test.each<[name: string, accept: string, status: number, extensions: { code?: string; http?: object }]>([
    ['chooses its status', modern, 401, { code: 'UNAUTHENTICATED', http: { status: 401 } }],
    ['chooses nothing', modern, 400, {}],
    ['is a fault', modern, 500, { code: 'INTERNAL_SERVER_ERROR' }],
    ['meets a client that does not know the new media type', 'text/event-stream, application/json', 200, {}],
    ['meets a client that refuses the new media type', `${modern};q=0, application/json`, 200, {}],
  ])('an error of `subscribe` that %s', async (_name, accept, status, extensions) => {
    const { handler } = setUp({
      opening() {
        throw new GraphQLError('log in', { extensions });
      },
    });
    const response = await handler(post('subscription { opening }', accept));
    expect(response.status).toBe(status);
    const code = extensions.code ?? 'INTERNAL_SERVER_ERROR';
    expect(await response.json()).toMatchObject({ errors: [{ message: 'log in', extensions: { code } }] });
  });

  test('a request that is no GraphQL is JSON for every client', async () => {
    const { handler } = setUp();
    const response = await handler(
      new Request('http://a.test/', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: eventStream },
        body: '{',
      }),
    );
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8']);
  });

  test('what another plugin refuses opens no source', async () => {
    const plugin: ApolloServerPlugin = {
      async requestDidStart() {
        return {
          async didResolveOperation() {
            throw new GraphQLError('too complex', { extensions: { http: { status: 400 } } });
          },
        };
      },
    };
    const { handler, source } = setUp({ plugins: [plugin] });
    expect((await handler(post('subscription { ticks }', multipart))).status).toBe(400);
    expect(source.returned).toBe(0);
  });
});

describe('a source whose response is never sent is returned', () => {
  test('a plugin after this one throws', async () => {
    const plugin: ApolloServerPlugin = {
      async requestDidStart() {
        return {
          async willSendResponse() {
            throw new Error('a secret');
          },
        };
      },
    };
    const { handler, source } = setUp({ plugins: [plugin] });
    const response = await handler(post('subscription { ticks }', multipart));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(source.returned).toBe(1);
  });

  test('a plugin sets a status that no server can send', async () => {
    const plugin: ApolloServerPlugin = {
      async requestDidStart() {
        return {
          async willSendResponse({ response }) {
            response.http.status = 1000;
          },
        };
      },
    };
    const { handler, source } = setUp({ plugins: [plugin] });
    expect((await handler(post('subscription { ticks }', multipart))).status).toBe(500);
    await vi.waitFor(() => expect(source.returned).toBe(1));
  });

  test('stringifyResult throws, and formatError too', async () => {
    const { handler, source } = setUp({
      apollo: {
        stringifyResult() {
          throw new Error('a');
        },
        formatError() {
          throw new Error('b');
        },
      },
    });
    expect((await handler(post('subscription { ticks }', multipart))).status).toBe(500);
    await vi.waitFor(() => expect(source.returned).toBe(1));
  });
});

describe('maxStreams', () => {
  const maxStreams = { options: { maxStreams: 1 } };

  test.each([multipart, eventStream])('one more gets 503: %s', async (accept) => {
    const { handler, source } = setUp(maxStreams);
    const first = await handler(post('subscription { ticks }', accept));
    const second = await handler(post('subscription { ticks }', accept));
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '5']);
    expect(second.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await second.json()).toEqual({
      errors: [{ message: 'Too many subscriptions are open.', extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    source.end();
    await first.text();
  });

  test('queries are not counted', async () => {
    const { handler } = setUp({ options: { maxStreams: 0 } });
    expect((await handler(post('{ hello }'))).status).toBe(200);
    expect((await handler(post('subscription { ticks }', multipart))).status).toBe(503);
  });

  test('a place is taken before the source is there', async () => {
    const opened = Promise.withResolvers<Source>();
    const { handler, source } = setUp({ ...maxStreams, opening: () => opened.promise });
    const first = handler(post('subscription { opening }', multipart));
    const second = await handler(post('subscription { opening }', multipart));
    expect(second.status).toBe(503);
    opened.resolve(source);
    source.end();
    expect((await first).status).toBe(200);
  });

  test('a place is given back, however a subscription ends', async () => {
    const setup = { opening: (): unknown => undefined };
    const { handler, source } = setUp({ ...maxStreams, opening: () => setup.opening() });
    const open = async (signal?: AbortSignal) => {
      const response = await handler(post('subscription { opening }', multipart, signal ? { signal } : {}));
      expect(response.status).not.toBe(503);
      return response;
    };
    // The source ends.
    const ending = await open();
    source.end();
    await ending.text();
    // The client cancels.
    await (await open()).body?.cancel();
    // The client aborts.
    const client = new AbortController();
    await open(client.signal);
    client.abort();
    // The client aborts while a generator is blocked.
    setup.opening = async function* () {
      await new Promise(() => {});
      yield 1;
    };
    const blocked = readerOf(await open());
    await blocked.next();
    const chunk = blocked.next();
    await blocked.cancel();
    await chunk;
    // The client aborts while `subscribe` waits for ever.
    const hanging = new AbortController();
    setup.opening = () => {
      hanging.abort();
      return new Promise(() => {});
    };
    await open(hanging.signal);
    // The client has aborted before.
    await open(hanging.signal);
    // The source cannot be opened.
    setup.opening = () => {
      throw new Error('no');
    };
    await open();
    // The variables are wrong.
    const variables = { query: 'subscription ($first: Int) { ticks(first: $first) }', variables: { first: 'a' } };
    expect((await handler(post(variables, multipart))).status).toBe(400);
    // The source fails.
    const failing = new Source();
    setup.opening = () => failing;
    const response = await open();
    failing.fail(new Error('no'));
    await response.text();
    await open();
  });

  test.each([-1, Number.NaN])('%d is no limit', (maxStreams) => {
    expect(() => subscriptions({ maxStreams })).toThrow(
      new RangeError(`maxStreams must be a number from 0 up. Received ${maxStreams}.`),
    );
  });
});

describe('heartbeatIntervalMillis', () => {
  test('is kept', async () => {
    vi.useFakeTimers();
    const { handler } = setUp({ options: { heartbeatIntervalMillis: 50 } });
    const reader = readerOf(await handler(post('subscription { ticks }', eventStream)));
    await reader.next();
    const chunk = reader.next();
    await vi.advanceTimersByTimeAsync(50);
    expect(await chunk).toBe(':\n');
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('%d is refused', (heartbeatIntervalMillis) => {
    expect(() => subscriptions({ heartbeatIntervalMillis })).toThrow(
      /^heartbeatIntervalMillis must be a number from 1 /,
    );
  });
});

describe('a server that stops', () => {
  const goodbyes = [
    [multipart, multipartStart + multipartGoodbye],
    [eventStream, ':\n'],
  ] as const;

  test.each(goodbyes)('ends open subscriptions so that clients come back: %s', async (accept, text) => {
    const { handler, server, source, signals } = setUp();
    await server.start();
    const response = await handler(post('subscription { ticks }', accept));
    const received = response.text();
    await vi.waitFor(() => expect(source.asked).toBe(1));
    await server.stop();
    expect(await received).toBe(text);
    expect([source.returned, signals[0]?.aborted]).toEqual([1, true]);
  });

  test.each(goodbyes)('also those that come while it stops: %s', async (accept, text) => {
    const drained = Promise.withResolvers<void>();
    const { handler, server, source } = setUp({
      options: { maxStreams: 0 },
      plugins: [{ serverWillStart: async () => ({ drainServer: () => drained.promise }) }],
    });
    await server.start();
    const stopped = server.stop();
    const response = await handler(post('subscription { ticks }', accept));
    expect([response.status, await response.text()]).toEqual([200, text]);
    expect(source.asked).toBe(0);
    drained.resolve();
    await stopped;
  });

  test.each(goodbyes)('also those whose source is being opened: %s', async (accept, text) => {
    const opened = Promise.withResolvers<Source>();
    const { handler, server, source, signals } = setUp({ opening: () => opened.promise });
    await server.start();
    const response = handler(post('subscription { opening }', accept));
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    await server.stop();
    expect(await (await response).text()).toBe(text);
    opened.resolve(source);
    await vi.waitFor(() => expect(source.returned).toBe(1));
  });

  test('the source is returned in the AsyncLocalStorage of its request', async () => {
    const storage = new AsyncLocalStorage<string>();
    let seen: unknown;
    const source = Object.assign(new Source(), {
      async return() {
        seen = storage.getStore();
      },
    });
    const { handler, server } = setUp({ opening: () => source });
    await server.start();
    await storage.run('own', () => handler(post('subscription { opening }', eventStream)));
    await storage.run('other', () => server.stop());
    expect(seen).toBe('own');
  });

  test('an event that is ready is sent before', async () => {
    const { handler, server, source } = setUp();
    await server.start();
    const reader = readerOf(await handler(post('subscription { ticks }', eventStream)));
    await reader.next();
    const first = reader.next();
    source.push(1);
    expect(await first).toBe(next('{"data":{"ticks":1}}'));
    await server.stop();
    expect(await reader.next()).toBeUndefined();
  });
});

describe('operations that are not subscriptions', () => {
  test('are as they were', async () => {
    const { handler } = setUp();
    const plain = createFetchHandler(
      new ApolloServer({ typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'world' } } }),
    );
    for (const accept of [undefined, 'application/json', multipart, 'application/graphql-response+json']) {
      const [ours, theirs] = await Promise.all([handler(post('{ hello }', accept)), plain(post('{ hello }', accept))]);
      expect(Object.fromEntries(ours.headers)).toEqual(Object.fromEntries(theirs.headers));
      expect([ours.status, await ours.text()]).toEqual([theirs.status, await theirs.text()]);
    }
  });

  test('are one event for a client of event streams alone', async () => {
    const { handler } = setUp({ apollo: { stringifyResult: (result) => JSON.stringify(result, null, '\t') } });
    const response = await handler(post('{ hello }', eventStream));
    expect(await response.text()).toBe(`event: next\ndata: {\t"data": {\t\t"hello": "world"\t}}\n\n${complete}`);
  });
});
