import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, on } from 'node:events';
import { ApolloServer } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createFetchHandler } from '../../src/index.ts';
import { type ShareArgument, type SubscriptionsOptions, subscriptions } from '../../src/subscriptions.ts';
import { createLogger } from '../apps/logger.ts';
import { complete, multipart, next, part } from '../subscriptions/wire.ts';

const eventStream = 'text/event-stream';
const goodbye = part(
  '{"payload":null,"errors":[{"message":"No more events. Subscribe again.","extensions":{"code":"SERVICE_UNAVAILABLE"}}]}',
);

interface Context {
  readonly user: string;
  readonly signal: AbortSignal;
}

const storage = new AsyncLocalStorage<string>();

function setUp(options: SubscriptionsOptions<Context> = {}) {
  const hub = new EventEmitter();
  const counts = { opened: 0, closed: 0, executed: 0 };
  const contexts: Context[] = [];
  const stores: unknown[] = [];
  const error = vi.fn();
  let refusal: Error | undefined;
  const see = () => void stores.push(storage.getStore());
  const field = {
    async subscribe(_parent: unknown, _args: unknown, context: Context) {
      see();
      contexts.push(context);
      if (refusal !== undefined) throw refusal;
      counts.opened++;
      const source = on(hub, 'tick', { close: ['end'] });
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next() {
          see();
          return source.next();
        },
        async return() {
          see();
          counts.closed++;
          return await source.return?.();
        },
      };
    },
    resolve([tick]: [unknown], _args: unknown, { user }: Context) {
      counts.executed++;
      if (tick instanceof Error) throw tick;
      return `${tick} for ${user}`;
    },
  };
  const server = new ApolloServer<Context>({
    typeDefs: 'type Query { hello: String } type Subscription { ticks(a: Float, b: String): String }',
    resolvers: { Subscription: { ticks: field } },
    logger: createLogger(error),
    includeStacktraceInErrorResponses: false,
    plugins: [subscriptions<Context>({ share: () => 'all', ...options })],
  });
  const handler = createFetchHandler(server, {
    context: async ({ request, signal }) => ({ user: request.headers.get('x-user') ?? 'nobody', signal }),
  });
  return {
    counts,
    contexts,
    stores,
    error,
    server,
    handler,
    refuse(cause: Error | undefined) {
      refusal = cause;
    },
    emit: (tick: unknown) => void hub.emit('tick', tick),
    fail: (cause: Error) => void hub.emit('error', cause),
    end: () => void hub.emit('end'),
  };
}

const query = 'subscription S($a: Float, $b: String) { ticks(a: $a, b: $b) }';

function post(init: { accept?: string; user?: string; signal?: AbortSignal; body?: string } = {}): Request {
  const { accept = eventStream, user = 'Ada', signal, body = JSON.stringify({ query }) } = init;
  const headers = { 'content-type': 'application/json', accept, 'x-user': user };
  return new Request('http://a.test/', { method: 'POST', headers, body, ...(signal && { signal }) });
}

async function open(handler: (request: Request) => Promise<Response>, request = post()) {
  const { status, body } = await handler(request);
  expect(status).toBe(200);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader() ?? expect.fail('no body');
  const read = async () => (await reader.read()).value;
  await read();
  return { read, leave: () => reader.cancel() };
}

const tick = (name: string) => next(`{"data":{"ticks":"${name} for Ada"}}`);

afterEach(() => void vi.useRealTimers());

describe('one source', () => {
  test('serves both protocols, and executes each event once', async () => {
    const { handler, emit, end, counts, contexts } = setUp();
    const first = await open(handler);
    const second = await open(handler, post({ accept: multipart, user: 'Bob' }));
    emit(1);
    expect(await first.read()).toBe(tick('1'));
    expect(await second.read()).toBe(part('{"payload":{"data":{"ticks":"1 for Ada"}}}'));
    const late = await open(handler);
    emit(2);
    for (const { read } of [first, late]) expect(await read()).toBe(tick('2'));
    expect(await second.read()).toContain('2 for Ada');
    expect(counts).toEqual({ opened: 1, closed: 0, executed: 2 });
    end();
    await vi.waitFor(() =>
      open(handler).then(() => expect(counts.opened, 'a new source for whoever comes now').toBe(2)),
    );
    expect([await first.read(), await second.read(), await late.read()]).toEqual([complete, '--\r\n', complete]);
    expect([counts.closed, contexts[0]?.signal.aborted], 'it has ended by itself').toEqual([0, false]);
  });

  test('goes on when the first client leaves, and is closed with the last one', async () => {
    const { handler, emit, counts, contexts, stores } = setUp();
    const client = new AbortController();
    const first = await storage.run('first', () => open(handler, post({ signal: client.signal })));
    const second = await storage.run('second', () => open(handler));
    client.abort();
    expect(await first.read()).toBeUndefined();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
    emit(1);
    expect(await second.read()).toBe(tick('1'));
    await second.leave();
    await vi.waitFor(() => expect(counts.closed).toBe(1));
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(new Set(stores)).toEqual(new Set(['first']));
  });

  test('its context gives a signal that is read late, and that is not the one of the first client', async () => {
    const { server, counts } = setUp();
    const given: { readonly signal: AbortSignal }[] = [];
    const handler = createFetchHandler(server, {
      async context(argument) {
        given.push(argument);
        return {} as Context;
      },
    });
    const client = new AbortController();
    await open(handler, post({ signal: client.signal }));
    const second = await open(handler);
    client.abort();
    expect(given[0]?.signal.aborted).toBe(false);
    await second.leave();
    await vi.waitFor(() => expect(counts.closed).toBe(1));
    expect(given[0]?.signal.aborted).toBe(true);
  });

  test('is not opened for a client that has left already', async () => {
    const { handler, counts, contexts } = setUp();
    const client = new AbortController();
    client.abort();
    await handler(post({ user: 'Bob', signal: client.signal }));
    await open(handler);
    expect(counts).toMatchObject({ opened: 1, closed: 0 });
    expect(contexts.map(({ user, signal }) => [user, signal.aborted])).toEqual([['Ada', false]]);
  });

  test('is shared by GET and POST', async () => {
    const { handler, counts } = setUp();
    await open(handler);
    const headers = { accept: multipart, 'apollo-require-preflight': '1' };
    await open(handler, new Request(`http://a.test/?query=${encodeURIComponent(query)}`, { headers }));
    expect(counts.opened).toBe(1);
  });

  test('tells its failure to all, and logs it once', async () => {
    const { handler, fail, counts, error } = setUp();
    const clients = [await open(handler), await open(handler)];
    fail(new Error('a secret'));
    for (const { read } of clients) expect(await read()).toContain('"message":"Internal server error"');
    expect(error).toHaveBeenCalledOnce();
    expect(counts.closed).toBe(0);
  });

  test('sends an error of an event, and goes on', async () => {
    const { handler, emit } = setUp();
    const clients = [await open(handler), await open(handler)];
    emit(new Error('not now'));
    for (const { read } of clients) expect(await read()).toContain('"message":"not now"');
    emit(1);
    for (const { read } of clients) expect(await read()).toBe(tick('1'));
  });

  test('refuses all who wait for it, and the next client tries again', async () => {
    const { handler, refuse, counts, contexts } = setUp();
    refuse(new GraphQLError('not yet', { extensions: { http: { status: 403 } } }));
    const accept = 'text/event-stream, application/json';
    const responses = await Promise.all([handler(post({ accept })), handler(post({ accept }))]);
    expect(responses.map(({ status }) => status)).toEqual([403, 403]);
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
    refuse(undefined);
    await open(handler);
    expect(counts.opened).toBe(1);
  });
});

describe('share', () => {
  const body = (variables: string, operationName?: string) =>
    `{"query":${JSON.stringify(query)},"variables":${variables}${operationName ? `,"operationName":"${operationName}"` : ''}}`;

  test('gets what a key may depend on', async () => {
    const share = vi.fn<(argument: ShareArgument<Context>) => string>(() => 'all');
    const { handler } = setUp({ share });
    await open(handler, post({ body: body('{"a":1}', 'S') }));
    expect(share).toHaveBeenCalledExactlyOnceWith({
      document: expect.objectContaining({ kind: 'Document' }),
      operationName: 'S',
      variables: { a: 1 },
      contextValue: expect.objectContaining({ user: 'Ada' }),
      request: expect.objectContaining({ query }),
    });
  });

  test.each<[sources: number, what: string, bodies: readonly string[], share?: SubscriptionsOptions<Context>['share']]>(
    [
      [1, 'the same variables in another order', [body('{"a":1,"b":"x"}'), body('{"b":"x","a":1}')]],
      [1, 'no variables', [body('{}'), body('null')]],
      [2, 'other variables', [body('{"a":1}'), body('{"a":2}')]],
      [2, 'another document', [body('{}'), JSON.stringify({ query: 'subscription { ticks }' })]],
      [2, 'another operation name', [body('{}', 'S'), body('{}')]],
      [2, 'a number without a JSON form', [body('{"c":1e400}'), body('{"c":null}')]],
      [2, 'a negative zero', [body('{"c":-0}'), body('{"c":-0}')]],
      [
        2,
        'variables that are nested too deeply',
        Array(2).fill(body(`{"c":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)),
      ],
      [2, 'no key', [body('{}'), body('{}')], () => undefined],
      [2, 'a key that is no string', [body('{}'), body('{}')], (async () => 'all') as never],
      [
        2,
        'another key',
        [body('{}'), body('{}')],
        (() => {
          let key = 0;
          return () => String(key++);
        })(),
      ],
    ],
  )('%d sources for %s', async (sources, _what, bodies, share = () => 'all') => {
    const { handler, counts } = setUp({ share });
    for (const text of bodies) await open(handler, post({ body: text }));
    expect(counts.opened).toBe(sources);
  });

  test('that throws is a logged 500, and nothing opens', async () => {
    const cause = new Error('a secret');
    const { handler, counts, error } = setUp({
      share() {
        throw cause;
      },
    });
    for (const accept of [eventStream, multipart]) {
      const response = await handler(post({ accept }));
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('secret');
    }
    expect(error).toHaveBeenCalledTimes(2);
    expect(counts.opened).toBe(0);
  });
});

describe('a slow client', () => {
  test('costs the others nothing, loses its place, and keeps no source open', async () => {
    const { handler, emit, counts } = setUp({ maxStreams: 3 });
    const slow = await open(handler, post({ accept: multipart }));
    const fast = [await open(handler), await open(handler)];
    for (let count = 0; count < 1000; count++) {
      emit(count);
      for (const { read } of fast) expect(await read()).toBe(tick(String(count)));
    }
    expect(counts.executed).toBe(1000);
    expect((await handler(post({ accept: multipart }))).status, 'its connection is still open').toBe(503);
    // One event was waiting to be read.
    expect(await slow.read()).toContain('0 for Ada');
    expect([await slow.read(), await slow.read()]).toEqual([`${goodbye}--\r\n`, undefined]);
    for (const { leave } of fast) await leave();
    await vi.waitFor(() => expect(counts.closed).toBe(1));
  });

  test('that catches up during a burst keeps its place', async () => {
    const { handler, emit } = setUp();
    const fast = await open(handler);
    const slow = await open(handler);
    for (let count = 0; count < 1000; count++) emit(count);
    const all = async ({ read }: typeof fast, pause: () => Promise<void>) => {
      for (let count = 0; count < 1000; count++) {
        await pause();
        expect(await read()).toBe(tick(String(count)));
      }
    };
    await Promise.all([all(fast, async () => {}), all(slow, () => new Promise((resolve) => setImmediate(resolve)))]);
  });

  test('alone holds the source back', async () => {
    const { handler, emit, counts } = setUp();
    const client = await open(handler);
    for (let count = 0; count < 1000; count++) emit(count);
    for (let count = 0; count < 3; count++) await client.read();
    expect(counts.executed).toBe(3);
  });
});

test('a server that stops says goodbye to all, and closes the source once', async () => {
  const { handler, server, counts, contexts } = setUp();
  await server.start();
  const responses = await Promise.all([eventStream, multipart].map((accept) => handler(post({ accept }))));
  const texts = responses.map((response) => response.text());
  await server.stop();
  expect(await Promise.all(texts)).toEqual([':\n', expect.stringContaining('The server is stopping.')]);
  expect([counts.opened, counts.closed, contexts[0]?.signal.aborted]).toEqual([1, 1, true]);
});

test('each client gets heartbeats, and no timer is left behind', async () => {
  vi.useFakeTimers();
  const { handler } = setUp();
  const clients = [await open(handler), await open(handler)];
  for (let beat = 0; beat < 4; beat++) {
    const chunks = clients.map(({ read }) => read());
    await vi.advanceTimersByTimeAsync(5000);
    expect(await Promise.all(chunks)).toEqual([':\n', ':\n']);
  }
  for (const { leave } of clients) await leave();
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('where the source has ended with the request of the first client, the others are told to subscribe again', async () => {
  vi.useFakeTimers();
  // On Workers, this is what becomes of a timer of a request that has ended.
  vi.spyOn(globalThis, 'setInterval').mockReturnValue(0 as never);
  const { handler, counts } = setUp();
  const client = await open(handler, post({ accept: multipart }));
  const chunks = [client.read(), client.read(), client.read()];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await Promise.all(chunks)).toEqual([part('{}'), `${goodbye}--\r\n`, undefined]);
  await open(handler);
  expect(counts.opened).toBe(2);
});
