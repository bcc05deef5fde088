import { setImmediate as turn } from 'node:timers/promises';
import { ApolloServer } from '@apollo/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cors } from '../../src/cors.ts';
import { deadline } from '../../src/deadline.ts';
import { drain } from '../../src/drain.ts';
import { httpCache } from '../../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { createLogger } from '../apps/logger.ts';

const logged = vi.fn();

function post(query: string): Request {
  return new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets promises and the native streams behind them settle. Timers stand still. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

/** Waits while timers stand still. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

const timedOut = '{"errors":[{"message":"The response took too long.","extensions":{"code":"TIMEOUT"}}]}\n';

async function expectTimeout(response: Response, headers: Record<string, string> = {}): Promise<void> {
  expect([response.status, await response.text(), Object.fromEntries(response.headers)]).toEqual([
    504,
    timedOut,
    {
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(timedOut.length),
      ...headers,
    },
  ]);
}

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('refuses %d milliseconds', (maxMillis) => {
  const message = `maxMillis must be a number from 1 to 2147483647. Received ${maxMillis}.`;
  expect(() => deadline(async () => new Response(), { maxMillis })).toThrow(new RangeError(message));
});

test.each<[string, unknown[]]>([
  ['with a timer for all', []],
  ['with a timer of its own, where an invocation ends with its response', [{ waitUntil() {} }]],
])('a request gets 504 when its time has passed, and not before, %s', async (_name, platform) => {
  const handler: FetchHandler<unknown[]> = deadline(() => new Promise<never>(() => {}), { maxMillis: 1000 });
  const settled = vi.fn();
  const first = handler(post('{a}'), ...platform);
  void first.then(settled);
  await vi.advanceTimersByTimeAsync(999);
  const second = handler(post('{a}'), ...platform);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await expectTimeout(await first);
  await vi.advanceTimersByTimeAsync(999);
  await expectTimeout(await second);
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.getTimerCount()).toBe(0);
});

test.each<[string, unknown[]]>([
  ['with a timer for all', []],
  ['with a timer of its own', [{ waitUntil() {} }]],
])('a response in time is passed on as it is, and no timer stays, %s', async (_name, platform) => {
  const response = new Response();
  const handler: FetchHandler<unknown[]> = deadline(async () => response);
  for (let i = 0; i < 10; i++) expect(await handler(post('{a}'), ...platform)).toBe(response);
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.getTimerCount()).toBe(0);
});

test('a handler that rejects or throws in time is the caller’s, and one that rejects later is nobody’s', async () => {
  const fail = new Error('no');
  await expect(deadline(() => Promise.reject(fail))(post('{a}'))).rejects.toBe(fail);
  const sync = deadline(() => {
    throw fail;
  });
  await expect(sync(post('{a}'))).rejects.toBe(fail);
  let reject = (_error: Error) => {};
  const late = deadline(() => new Promise<never>((_, no) => (reject = no)), { maxMillis: 10 })(post('{a}'));
  await vi.advanceTimersByTimeAsync(10);
  expect((await late).status).toBe(504);
  // An unhandled rejection fails the run.
  reject(fail);
  await settle();
});

test('the signal of the request aborts with a TimeoutError, after the client has its 504', async () => {
  const request = post('{a}');
  const handler = deadline(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    { maxMillis: 10 },
  );
  const response = handler(request);
  await vi.advanceTimersByTimeAsync(10);
  await expectTimeout(await response);
  expect(request.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'The response took too long.' });
});

test('a signal that is first read afterwards is aborted too', async () => {
  const request = post('{a}');
  const response = deadline(() => new Promise<never>(() => {}), { maxMillis: 10 })(request);
  await vi.advanceTimersByTimeAsync(10);
  await response;
  expect(request.signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('the signal still aborts when the client disconnects', async () => {
  const client = new AbortController();
  const reason = vi.fn();
  const handler = deadline(async (request) => {
    request.signal.addEventListener('abort', () => reason(request.signal.reason));
    client.abort('gone');
    return new Response();
  });
  await handler(new Request(post('{a}'), { signal: client.signal }));
  expect(reason).toHaveBeenCalledExactlyOnceWith('gone');
});

/** Creates a handler, of which one thing waits for `opened`. */
function slow(what: string, opened: Promise<unknown>) {
  const wait = async (here: string) => void (what === here && (await opened));
  const change = vi.fn(() => 1);
  const server = new ApolloServer({
    typeDefs: `
      directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
      type Query { a: Int @cacheControl(maxAge: 60) }
      type Mutation { change: Int }
    `,
    resolvers: { Query: { a: change }, Mutation: { change } },
    logger: createLogger(logged),
    plugins: [{ serverWillStart: async () => await wait('start') }],
  });
  const context = vi.fn(async () => {
    await wait('context');
    return {};
  });
  const factory = async () => {
    await wait('factory');
    return server;
  };
  return { change, context, handler: vi.fn(createFetchHandler(factory, { context })) };
}

test.each([
  ['factory', 0],
  ['start', 0],
  ['body', 1],
  ['context', 1],
])('an operation that comes too late because of a slow %s is not executed', async (what, contexts) => {
  const opened = Promise.withResolvers<void>();
  const { handler, change, context } = slow(what, opened.promise);
  const body = new ReadableStream({
    async pull(controller) {
      if (what === 'body') await opened.promise;
      controller.enqueue(new TextEncoder().encode('{"query":"mutation { change }"}'));
      controller.close();
    },
  });
  const response = deadline(handler, { maxMillis: 10 })(new Request(post(''), { body, ...{ duplex: 'half' } }));
  await vi.advanceTimersByTimeAsync(10);
  await expectTimeout(await response);
  opened.resolve();
  await handler.mock.results[0]?.value;
  expect([change.mock.calls.length, context.mock.calls.length]).toEqual([0, contexts]);
  expect(logged).not.toHaveBeenCalled();
});

const part = 'content-type: application/json; charset=utf-8\r\n\r\n{"hasNext":true}\r\n---';
const failure =
  'content-type: application/json; charset=utf-8\r\n\r\n{"hasNext":false,"errors":[{"message":"The response took too long.","extensions":{"code":"TIMEOUT"}}]}\r\n-----\r\n';

/** A stream that sends chunks and then waits for its client to leave. Like those of this package, it reads the signal. */
function streaming(contentType: string, chunks: string[]) {
  const cancel = vi.fn();
  const handler = async ({ signal }: Request) => {
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          signal.addEventListener('abort', () => {
            if (signal.reason === 'gone') controller.close();
          });
        },
        pull(controller) {
          const chunk = chunks.shift();
          if (chunk === undefined) return new Promise(() => {});
          return controller.enqueue(new TextEncoder().encode(chunk));
        },
        cancel,
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { 'content-type': contentType } });
  };
  return { cancel, handler: deadline(handler, { maxMillis: 10 }) };
}

test.each([
  ['has begun', [`\r\n---\r\n${part}`], `\r\n---\r\n${part}${failure}`],
  ['has sent nothing', [], `\r\n---\r\n${failure}`],
])('a stream of incremental delivery that %s ends with an error part, and its source is closed', async (...args) => {
  const [, chunks, expected] = args;
  const { handler, cancel } = streaming('multipart/mixed; boundary="-"; deferSpec=20220824', chunks);
  const text = (await handler(post('{a}'))).text();
  await settle();
  expect(cancel).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10);
  expect(await text).toBe(expected);
  expect(cancel).toHaveBeenCalledTimes(1);
});

test('a stream that its client leaves is closed, and no timer stays', async () => {
  const { handler, cancel } = streaming('multipart/mixed; boundary="-"; deferSpec=20220824', []);
  await (await handler(post('{a}'))).body?.cancel();
  expect(cancel).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.getTimerCount()).toBe(0);
});

test('a stream that ends while nobody reads it is closed for the wrappers around it', async () => {
  const { handler } = streaming('multipart/mixed; boundary="-"', []);
  const client = new AbortController();
  const reader = (await handler(new Request(post('{a}'), { signal: client.signal }))).body?.getReader();
  client.abort('gone');
  await reader?.closed;
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.getTimerCount()).toBe(0);
});

test.each(['multipart/mixed; boundary="-"', 'text/event-stream'])(
  'a stream of the type %s that comes too late is closed',
  async (contentType) => {
    const cancel = vi.fn();
    const opened = Promise.withResolvers<Response>();
    const late = deadline(() => opened.promise, { maxMillis: 10 })(post('{a}'));
    await vi.advanceTimersByTimeAsync(10);
    expect((await late).status).toBe(504);
    opened.resolve(new Response(new ReadableStream({ cancel }), { headers: { 'content-type': contentType } }));
    await settle();
    expect(cancel).toHaveBeenCalledTimes(1);
  },
);

test.each(['text/event-stream', 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'])(
  'a subscription over %s has no deadline once its stream has begun',
  async (contentType) => {
    const { handler } = streaming(contentType, ['a']);
    const reader = (await handler(post('{a}'))).body?.getReader();
    await reader?.read();
    const next = vi.fn();
    reader?.read().then(next);
    await vi.advanceTimersByTimeAsync(100);
    await settle();
    expect(next).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  },
);

test('a 504 has the headers of cors around it', async () => {
  const handler = cors(
    deadline(() => new Promise<never>(() => {}), { maxMillis: 10 }),
    { origin: '*' },
  );
  const response = handler(post('{a}'));
  await vi.advanceTimersByTimeAsync(10);
  const { status, headers } = await response;
  expect([status, headers.get('access-control-allow-origin')]).toEqual([504, '*']);
});

describe('with drain around it', () => {
  /** Returns a handler that resolves with the reason why its signal aborts, and a stop with a grace period of 100 ms. */
  async function drained(maxMillis: number) {
    const server = new ApolloServer({ typeDefs: 'type Query { a: Int }', logger: createLogger(logged) });
    const untilAborted: FetchHandler<unknown[]> = ({ signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(new Response(signal.reason.message))));
    const handler = drain(deadline(untilAborted, { maxMillis }), {
      server,
      close() {},
      stopGracePeriodMillis: 100,
    });
    await server.start();
    return { handler, stop: () => server.stop() };
  }

  test('a deadline during a stop gives 504, and the server stops then', async () => {
    const { handler, stop } = await drained(50);
    const response = handler(post('{a}'));
    const stopped = stop();
    await vi.advanceTimersByTimeAsync(50);
    await expectTimeout(await response, { connection: 'close' });
    await stopped;
  });

  test('a stop before the deadline aborts the signal, and the deadline passes without effect', async () => {
    const { handler, stop } = await drained(150);
    const response = handler(post('{a}'));
    const stopped = stop();
    await vi.advanceTimersByTimeAsync(100);
    expect(await (await response).text()).toBe('The server is stopping.');
    await stopped;
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('with httpCache', () => {
  const get = () => new Request('http://a.test/?query={a}', { headers: { 'apollo-require-preflight': '1' } });
  const cache = { match: async () => undefined, put: vi.fn(async () => {}), delete: async () => false };

  /** Whether a request waits for another one: it has a timer, and so has the clock. */
  const isWaiting = () => vi.getTimerCount() === 2;

  beforeEach(() => cache.put.mockClear());

  test.each(['start', 'context'])('inside it, a slow %s is not in vain: who waits gets the response', async (what) => {
    const opened = Promise.withResolvers<void>();
    const { handler, change } = slow(what, opened.promise);
    const limited = deadline(httpCache(handler, { cache }), { maxMillis: 100 });
    const first = limited(get());
    await until(() => handler.mock.calls.length > 0);
    await vi.advanceTimersByTimeAsync(50);
    const second = limited(get());
    await until(isWaiting);
    await vi.advanceTimersByTimeAsync(50);
    expect((await first).status).toBe(504);
    opened.resolve();
    await until(() => cache.put.mock.calls.length > 0);
    await vi.advanceTimersByTimeAsync(49);
    expect(await (await second).text()).toBe('{"data":{"a":1}}\n');
    expect([handler, change, cache.put].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
  });

  test('around it, a 504 is neither stored nor shared', async () => {
    const opened = Promise.withResolvers<void>();
    const { handler, change } = slow('start', opened.promise);
    const cached = httpCache(deadline(handler, { maxMillis: 100 }), { cache });
    const first = cached(get());
    await until(() => handler.mock.calls.length > 0);
    const second = cached(get());
    await until(isWaiting);
    await vi.advanceTimersByTimeAsync(100);
    expect((await first).status).toBe(504);
    expect(cache.put).not.toHaveBeenCalled();
    opened.resolve();
    await vi.advanceTimersByTimeAsync(50);
    expect(await (await second).text()).toBe('{"data":{"a":1}}\n');
    expect(change).toHaveBeenCalledTimes(1);
  });
});
