import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readBytes } from '../../src/core/bytes.ts';

const maxBytes = 1000;

type Headers = Readonly<Record<string, string>>;

function requestOf(body: BodyInit | null, signal?: AbortSignal): Request {
  return new Request('http://a.test/', {
    method: 'POST',
    body,
    ...(signal === undefined ? {} : { signal }),
    // Node requires this for a body that is a stream. The DOM types do not have it yet.
    ...{ duplex: 'half' },
  });
}

async function read(request: Request, headers: Headers = {}): Promise<Uint8Array> {
  return await readBytes(request, new HeaderMap(Object.entries(headers)), maxBytes);
}

/** Returns the status and the message that a client would get. */
async function refusalOf(request: Request, headers?: Headers): Promise<[status: unknown, message: string]> {
  const error = await read(request, headers).then(
    (bytes) => expect.fail(`${bytes.byteLength} bytes were read`),
    (error: unknown) => error,
  );
  if (!(error instanceof GraphQLError)) throw error;
  return [Object(error.extensions.http).status, error.message];
}

const tooLarge = [413, 'The request body is larger than 1000 bytes.'];
const endedEarly = [400, 'The request body ended early.'];

/** A body of `count` chunks with `size` bytes each. It counts the chunks that are read. */
function chunksOf(size: number, count = Infinity) {
  const source = { chunks: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        if (source.chunks === count) return controller.close();
        source.chunks++;
        controller.enqueue(new Uint8Array(size).fill(source.chunks));
      },
      cancel() {
        source.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { source, body };
}

describe.each<[string, Headers]>([
  ['a declared length', { 'content-length': '1000' }],
  ['no length', {}],
])('with %s', (_name, headers) => {
  test.each([0, 1, 999, 1000])('reads a body of %i bytes', async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index);
    expect(await read(requestOf(bytes), headers)).toEqual(bytes);
  });

  test.each([
    [1, 1000],
    [7, 142],
    [300, 3],
    [999, 1],
  ])('puts chunks of %i bytes together', async (size, count) => {
    const expected = Array.from({ length: count }, (_, index) => Array(size).fill((index + 1) % 256)).flat();
    expect([...(await read(requestOf(chunksOf(size, count).body), headers))]).toEqual(expected);
  });

  test('reads no body at all', async () => {
    expect(await read(requestOf(null), headers)).toEqual(new Uint8Array());
  });

  test('refuses one byte more than the limit', async () => {
    expect(await refusalOf(requestOf(new Uint8Array(1001)), headers)).toEqual(tooLarge);
  });

  test('refuses a body whose source fails', async () => {
    const body = new ReadableStream({
      pull() {
        throw new Error('reset by peer');
      },
    });
    expect(await refusalOf(requestOf(body), headers)).toEqual(endedEarly);
  });

  // Deno prints a warning as soon as a program reads the signal.
  test('does not read the signal of a body that has arrived', async () => {
    const request = requestOf('a');
    Object.defineProperty(request, 'signal', { get: () => expect.fail('looked at the signal') });
    expect(await read(request, headers)).toEqual(Uint8Array.of(97));
  });
});

test('refuses a declared length over the limit unread', async () => {
  const { source, body } = chunksOf(10);
  expect(await refusalOf(requestOf(body), { 'content-length': '1001' })).toEqual(tooLarge);
  expect(source.chunks).toBe(0);
});

// CVE-2026-44456, CVE-2026-54288: a limit must not rely on what the request says about itself.
test.each<Headers>([
  {},
  ...['-1', 'abc', '', '5, 5', '1e1', '0x5', '5.0', 'NaN', '+5', ' '].map((length) => ({ 'content-length': length })),
  { 'content-length': '5', 'transfer-encoding': 'chunked' },
])('counts an endless body while it arrives, with %j', async (framing) => {
  const { source, body } = chunksOf(300);
  expect(await refusalOf(requestOf(body), framing)).toEqual(tooLarge);
  // The fourth chunk goes over the limit.
  expect(source.chunks).toBe(4);
  await vi.waitFor(() => expect(source.cancelled).toBe(true));
  expect(source.chunks).toBe(4);
});

// Over HTTP, a body ends at its declared length. In process, a caller may declare a wrong length.
test.each(['0', '5', '999', '1000'])('refuses 1,001 bytes that were declared as %s', async (length) => {
  expect(await refusalOf(requestOf(' '.repeat(1001)), { 'content-length': length })).toEqual(tooLarge);
  expect(await refusalOf(requestOf(chunksOf(1, 1001).body), { 'content-length': length })).toEqual(tooLarge);
});

test.each(['1', '900'])('reads a body that middleware made of another one, of %s bytes', async (length) => {
  expect(await read(requestOf('abc'), { 'content-length': length })).toEqual(new TextEncoder().encode('abc'));
});

test('refuses a stream of strings, which have no length in bytes', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue('{"query":"{a}"}');
      controller.close();
    },
  });
  expect(await refusalOf(requestOf(body))).toEqual(tooLarge);
});

test('does not wait for a source that never stops', async () => {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new Uint8Array(600)),
    cancel: () => new Promise(() => {}),
  });
  expect(await refusalOf(requestOf(body))).toEqual(tooLarge);
});

// A chunk of one byte may be a view of a buffer of 64 KiB, which it keeps alive.
test('keeps less memory than the limit, however many buffers the chunks had', async () => {
  let chunks = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        controller.enqueue(new Uint8Array(65_536).subarray(0, 1));
        if (++chunks === 500) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const bytes = await read(requestOf(body));
  expect(bytes.byteLength).toBe(500);
  expect(bytes.buffer.byteLength).toBeLessThanOrEqual(maxBytes);
});

describe('a body that never ends', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([
    ['whose client was there for a while', 5_000],
    ['whose client disconnected at once', 0],
  ])('is given up when the signal aborts: %s', async (_name, milliseconds) => {
    const client = new AbortController();
    let cancelled = false;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(Uint8Array.of(1)),
      cancel() {
        cancelled = true;
      },
    });
    const refusal = refusalOf(requestOf(body, client.signal));
    await vi.advanceTimersByTimeAsync(milliseconds);
    expect(cancelled).toBe(false);
    client.abort();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await refusal).toEqual(endedEarly);
    expect(cancelled).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves nothing behind once it has ended after all', async () => {
    const client = new AbortController();
    const add = vi.spyOn(client.signal, 'addEventListener');
    const remove = vi.spyOn(client.signal, 'removeEventListener');
    let end = () => {};
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        end = () => controller.close();
      },
    });
    const request = requestOf(body);
    Object.defineProperty(request, 'signal', { value: client.signal });
    const bytes = read(request);
    await vi.advanceTimersByTimeAsync(5_000);
    end();
    expect(await bytes).toEqual(new Uint8Array());
    expect(add).toHaveBeenCalledTimes(1);
    expect(remove).toHaveBeenCalledWith('abort', add.mock.lastCall?.[1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
