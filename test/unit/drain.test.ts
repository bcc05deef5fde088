import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type DrainOptions, drain, isStopping } from '../../src/drain.ts';
import type { FetchHandler } from '../../src/index.ts';
import { multipartGoodbye } from '../subscriptions/wire.ts';

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

/** Creates a drained handler, and a function that stops it as Apollo does. */
async function setUp(
  handler: FetchHandler<unknown[]>,
  close: () => unknown = () => {},
  options: Partial<DrainOptions> = {},
) {
  const plugins: ApolloServerPlugin[] = [];
  const logger = { error: vi.fn<(message: unknown) => void>() };
  const server = { addPlugin: (plugin: ApolloServerPlugin) => void plugins.push(plugin), logger };
  const drained = drain(handler, { server, close, stopGracePeriodMillis: 5000, ...options });
  const [plugin] = plugins;
  // Apollo passes a service that this plugin does not use.
  const listener = await plugin?.serverWillStart?.({} as never);
  const state = { settled: false };
  const stop = async () => {
    await listener?.drainServer?.();
    state.settled = true;
  };
  return { handler: drained, server, stop, state, logger };
}

const request = () => new Request('http://a.test/');

/** Creates a handler that responds with a stream. Like the core, it reads the signal of the request. */
function streaming(source: UnderlyingDefaultSource<Uint8Array>, type = 'multipart/mixed; boundary="-"') {
  return async ({ signal }: Request): Promise<Response> => {
    expect(signal.aborted).toBe(false);
    return new Response(new ReadableStream(source, { highWaterMark: 0 }), { headers: { 'content-type': type } });
  };
}

const endless: UnderlyingDefaultSource<Uint8Array> = { pull: (controller) => controller.enqueue(Uint8Array.of(1)) };

test('stops at once where nothing is in flight', async () => {
  const { handler, stop } = await setUp(async () => new Response('a'));
  await handler(request());
  await stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('waits for a request, and then for the host', async () => {
  const result = Promise.withResolvers<Response>();
  const closed = Promise.withResolvers<void>();
  const close = vi.fn(() => closed.promise);
  const { handler, stop, state } = await setUp(() => result.promise, close);
  const response = handler(request());
  expect(close).not.toHaveBeenCalled();
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(close).toHaveBeenCalledTimes(1);
  expect(state.settled).toBe(false);
  result.resolve(new Response('a'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(state.settled, 'the response is being sent').toBe(false);
  closed.resolve();
  await stopped;
  // A client that kept its connection open would keep the host from closing.
  expect((await response).headers.get('connection')).toBe('close');
});

test('waits until the host has sent all responses, but no longer than the grace period', async () => {
  const { handler, stop, state } = await setUp(
    async () => new Response('a'),
    () => new Promise(() => {}),
  );
  void stop();
  for (let seconds = 0; seconds < 5; seconds++) {
    expect(state.settled).toBe(false);
    // Connections that were open before go on sending quick requests.
    await handler(request());
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(state.settled).toBe(true);
});

test('accepts connections for a while after it has begun to stop', async () => {
  const close = vi.fn();
  const { handler, server, stop, state } = await setUp(async () => new Response('a'), close, {
    closeDelayMillis: 1000,
  });
  expect(isStopping(server)).toBe(false);
  void stop();
  expect(isStopping(server)).toBe(true);
  await vi.advanceTimersByTimeAsync(999);
  expect((await handler(request())).headers.get('connection')).toBe('close');
  expect(close).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(close).toHaveBeenCalledOnce();
  expect(state.settled).toBe(true);
});

test.each([{ stopGracePeriodMillis: Number.POSITIVE_INFINITY }, { closeDelayMillis: 2 ** 31 }])(
  'refuses %o, which no timer can wait for',
  async (options) => {
    const [[name = '', value] = []] = Object.entries(options);
    await expect(setUp(async () => new Response(), undefined, options)).rejects.toThrow(
      new RangeError(`${name} must be a number from 0 to 2147483647. Received ${value}.`),
    );
  },
);

test('responds while it stops, also where the headers are immutable', async () => {
  const closed = Promise.withResolvers<void>();
  const { handler, stop } = await setUp(
    async () => Response.redirect('http://a.test/'),
    () => closed.promise,
  );
  const stopped = stop();
  const response = await handler(request());
  expect([response.status, response.headers.get('location')]).toEqual([302, 'http://a.test/']);
  expect(response.headers.get('connection')).toBe('close');
  closed.resolve();
  await stopped;
});

test('leaves connections open while the server runs', async () => {
  const { handler } = await setUp(async () => new Response('a'));
  expect((await handler(request())).headers.has('connection')).toBe(false);
});

test.each([
  ['is read to its end', async (body: ReadableStream) => void (await new Response(body).text())],
  ['is cancelled', async (body: ReadableStream) => void (await body.cancel())],
])('waits until a stream %s', async (_name, end) => {
  const { handler, stop, state } = await setUp(
    streaming({
      start(controller) {
        controller.enqueue(Uint8Array.of(1));
        controller.close();
      },
    }),
  );
  const { body } = await handler(request());
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(state.settled).toBe(false);
  await end(body ?? expect.fail('no body'));
  await stopped;
});

test('waits no longer for a stream that its source closed, read or not', async () => {
  let close = () => {};
  const { handler, stop } = await setUp(
    streaming({
      start(controller) {
        close = () => controller.close();
      },
    }),
  );
  await handler(request());
  const stopped = stop();
  close();
  await stopped;
});

test.each([
  ['multipart/mixed;boundary="graphql";subscriptionSpec=1.0', `\r\n--graphql${multipartGoodbye}`],
  ['text/event-stream', ''],
])('breaks a subscription off with the goodbye of %s, and ends its connection', async (type, goodbye) => {
  const { handler, stop } = await setUp(async ({ signal }) => {
    const body = new ReadableStream({
      start: (controller) => signal.addEventListener('abort', () => controller.close()),
    });
    return new Response(body, { headers: { 'content-type': type } });
  });
  const response = await handler(request());
  expect(response.headers.get('connection')).toBe('close');
  const text = response.text();
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(await text).toBe(goodbye);
  await stopped;
});

test('cuts a subscription off whose client does not read for half a second', async () => {
  const { handler, stop } = await setUp(streaming(endless, 'text/event-stream'));
  const reader = (await handler(request())).body?.getReader();
  await reader?.read();
  await vi.advanceTimersByTimeAsync(60_000);
  const stopped = stop();
  for (let reads = 0; reads < 3; reads++) {
    await vi.advanceTimersByTimeAsync(499);
    expect((await reader?.read())?.done).toBe(false);
  }
  await vi.advanceTimersByTimeAsync(500);
  await expect(reader?.read()).rejects.toMatchObject({ name: 'AbortError' });
  await stopped;
});

test('hands a stream on chunk by chunk, as it is read', async () => {
  let pulls = 0;
  const { handler } = await setUp(streaming({ pull: (controller) => controller.enqueue(Uint8Array.of(pulls++)) }));
  const response = await handler(request());
  expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"');
  const reader = response.body?.getReader();
  for (const chunk of [0, 1, 2]) {
    expect(pulls).toBe(chunk);
    expect(await reader?.read()).toEqual({ done: false, value: Uint8Array.of(chunk) });
  }
});

test('aborts the signals of those that take too long', async () => {
  const signals: AbortSignal[] = [];
  const { handler, stop } = await setUp(async ({ signal }) => {
    signals.push(signal);
    return await new Promise((resolve) => signal.addEventListener('abort', () => resolve(new Response('late'))));
  });
  const responses = [handler(request()), handler(request())];
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(4999);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(1);
  expect(signals.map(({ reason }) => [reason.name, reason.message])).toEqual([
    ['AbortError', 'The server is stopping.'],
    ['AbortError', 'The server is stopping.'],
  ]);
  for (const response of responses) expect(await (await response).text()).toBe('late');
  await stopped;
});

test('gives a request that begins after the others what is left of the grace period', async () => {
  const late = Promise.withResolvers<Response>();
  const { handler, stop, state } = await setUp(
    ({ url }) => (url.endsWith('late') ? late.promise : Promise.resolve(new Response('a'))),
    () => new Promise(() => {}),
  );
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(1000);
  // The head of this request was still arriving when the server was told to stop.
  const request = new Request('http://a.test/late');
  const response = handler(request);
  await vi.advanceTimersByTimeAsync(3900);
  expect([state.settled, request.signal.aborted]).toEqual([false, false]);
  late.resolve(new Response('b'));
  expect(await (await response).text()).toBe('b');
  await vi.advanceTimersByTimeAsync(3000);
  await stopped;
});

test('aborts the signal of a late request at the end of the grace period', async () => {
  const { handler, stop } = await setUp(
    ({ signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(new Response(String(signal.reason))))),
    () => new Promise(() => {}),
  );
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(2000);
  const response = handler(request());
  await vi.advanceTimersByTimeAsync(3000);
  expect(await (await response).text()).toBe('AbortError: The server is stopping.');
  await vi.advanceTimersByTimeAsync(3000);
  await stopped;
});

test('aborts at once the signal of a request that begins after the grace period', async () => {
  const { handler, stop } = await setUp(async ({ url, signal }) =>
    url.endsWith('late') ? new Response(String(signal.aborted)) : await new Promise(() => {}),
  );
  void handler(request());
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(5001);
  expect(await (await handler(new Request('http://a.test/late'))).text()).toBe('true');
  await vi.advanceTimersByTimeAsync(6000);
  await stopped;
});

test('keeps the signals of a handler that is drained twice', async () => {
  const signals: AbortSignal[] = [];
  const inner = await setUp(({ signal }) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const outer = await setUp(inner.handler);
  void outer.handler(request());
  void inner.handler(request());
  void outer.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  void inner.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('keeps the signal of a Proxy around a request', async () => {
  const client = new AbortController();
  const real = new Request('http://a.test/', { signal: client.signal });
  const proxy = new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { handler } = await setUp(async ({ signal }) => {
    client.abort();
    return new Response(String(signal.aborted));
  });
  expect(await (await handler(proxy)).text()).toBe('true');
});

test('serves a request that has no signal', async () => {
  const bare = request();
  Object.defineProperty(bare, 'signal', { value: undefined, configurable: true });
  const { handler } = await setUp(async ({ signal }) => new Response(String(signal.aborted)));
  expect(await (await handler(bare)).text()).toBe('false');
});

test('does not wait for ever for those that ignore their signals', async () => {
  const { handler, stop } = await setUp(() => new Promise(() => {}));
  void handler(request());
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(8000);
  await stopped;
});

test('keeps the signal of the client', async () => {
  const client = new AbortController();
  let signal: AbortSignal | undefined;
  const { handler } = await setUp(async (request) => {
    ({ signal } = request);
    return new Response('a');
  });
  await handler(new Request('http://a.test/', { signal: client.signal }));
  expect(signal?.aborted).toBe(false);
  client.abort(new Error('left'));
  expect(signal?.reason).toEqual(new Error('left'));
});

test('looks at the signal only for those who ask for it, and at no header of a complete response', async () => {
  const watched = Object.create(request(), { signal: { get: () => expect.fail('looked at the signal') } });
  const complete = Object.create(new Response('a'), { headers: { get: () => expect.fail('looked at the headers') } });
  const { handler } = await setUp(async () => complete);
  expect(await handler(Object.create(watched))).toBe(complete);
});

test('passes a response on whose headers nobody can write', async () => {
  const error = Response.error();
  const { handler, stop } = await setUp(async () => error);
  await stop();
  expect(await handler(request())).toBe(error);
});

test('logs a close that fails, and waits all the same', async () => {
  const result = Promise.withResolvers<Response>();
  const { handler, stop, state, logger } = await setUp(
    () => result.promise,
    () => {
      throw new Error('not listening');
    },
  );
  logger.error.mockImplementation(() => {
    throw new Error('The logger is broken, too.');
  });
  void handler(request());
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(logger.error).toHaveBeenCalledExactlyOnceWith(new Error('not listening'));
  expect(state.settled).toBe(false);
  result.resolve(new Response('a'));
  await stopped;
});

test('does not count a request whose handler failed', async () => {
  const { handler, stop } = await setUp(() => Promise.reject(new Error('failed')));
  await expect(handler(request())).rejects.toThrow('failed');
  await stop();
});

test('hands on what the platform passed', async () => {
  const inner = vi.fn(async (_request: Request, ..._platform: unknown[]) => new Response('a'));
  const { handler } = await setUp(inner);
  const asked = request();
  await handler(asked, { env: 1 }, 'ctx');
  expect(inner).toHaveBeenCalledExactlyOnceWith(asked, { env: 1 }, 'ctx');
});

test('cannot be added to a server that has started', async () => {
  const server = new ApolloServer({ typeDefs: 'type Query { a: Int }' });
  await server.start();
  expect(() => drain(async () => new Response(), { server, close() {} })).toThrow(/after the server has started/);
});
