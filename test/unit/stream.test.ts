import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test, vi } from 'vitest';
import { partsOf } from '../../src/core/chunks.ts';
import { Exchange } from '../../src/core/exchange.ts';
import { streamChunks } from '../../src/core/stream.ts';
import { parseMultipart } from '../incremental/multipart.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A source that yields the given chunks, or an endless series without them. It counts the calls that it gets. */
function createSource(chunks?: readonly string[]) {
  const calls = { next: 0, opened: 0, closed: 0 };
  async function* generate() {
    calls.opened++;
    try {
      if (chunks !== undefined) yield* chunks;
      else for (let n = 1; ; n++) yield `chunk ${n}`;
    } finally {
      calls.closed++;
    }
  }
  const generator = generate();
  const source: AsyncIterableIterator<string> = {
    [Symbol.asyncIterator]: () => source,
    next() {
      calls.next++;
      return generator.next();
    },
    return: () => generator.return(undefined),
  };
  return { source, calls };
}

function start(source: AsyncIterableIterator<string>) {
  const request = new AbortController();
  const client = new Exchange(new Request('http://localhost/', { signal: request.signal }));
  const log = vi.fn();
  const { stream, closed } = streamChunks(partsOf(source), client, log);
  return { request, client, log, closed, reader: stream.getReader() };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string[]> {
  const chunks: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(decoder.decode(value));
  }
}

const isSettled = async (promise: Promise<unknown>) =>
  (await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 0, 'pending'))])) !== 'pending';

test('each chunk of the source is one chunk of bytes', async () => {
  const chunks = ['\r\n---\r\n', 'ü€𝄞', '{"text":"\\r\\n-----\\r\\n"}', 'x'.repeat(1_000_000), '\r\n-----\r\n'];
  const { source, calls } = createSource(chunks);
  const { reader, closed, log } = start(source);
  expect(await readAll(reader)).toEqual(chunks);
  await closed;
  expect(calls).toEqual({ next: chunks.length + 1, opened: 1, closed: 1 });
  expect(log).not.toHaveBeenCalled();
});

test('an empty chunk is left out', async () => {
  const { reader } = start(createSource(['', 'first', '', '', 'last', '']).source);
  expect(await readAll(reader)).toEqual(['first', 'last']);
});

test('a chunk is taken from the source when the client asks for one', async () => {
  const { source, calls } = createSource();
  const { reader } = start(source);
  expect(await isSettled(reader.closed)).toBe(false);
  expect(calls.next).toBe(0);
  await reader.read();
  await reader.read();
  expect(await isSettled(reader.closed)).toBe(false);
  expect(calls.next).toBe(2);
});

test('a client that asks for several chunks at once gets them all, and no more are taken', async () => {
  const { source, calls } = createSource();
  const { reader } = start(source);
  const results = await Promise.all([reader.read(), reader.read(), reader.read()]);
  expect(results.map(({ value }) => decoder.decode(value))).toEqual(['chunk 1', 'chunk 2', 'chunk 3']);
  expect(await isSettled(reader.closed)).toBe(false);
  expect(calls.next).toBe(3);
});

const departures = {
  'cancels the body': async ({ reader }: ReturnType<typeof start>) => await reader.cancel(),
  'aborts the request': async ({ request }: ReturnType<typeof start>) => request.abort(),
  'cancels and aborts': async ({ reader, request }: ReturnType<typeof start>) => {
    await reader.cancel();
    request.abort();
  },
  'aborts and cancels': async ({ reader, request }: ReturnType<typeof start>) => {
    request.abort();
    await reader.cancel();
  },
};

for (const [title, leave] of Object.entries(departures)) {
  test(`a client that ${title} before the first chunk`, async () => {
    const { source, calls } = createSource();
    const stream = start(source);
    await leave(stream);
    await stream.closed;
    expect(calls).toEqual({ next: 2, opened: 1, closed: 1 });
    expect(stream.client.signal.aborted).toBe(true);
    expect(await stream.reader.read()).toEqual({ done: true, value: undefined });
  });

  test(`a client that ${title} between two chunks`, async () => {
    const { source, calls } = createSource();
    const stream = start(source);
    await stream.reader.read();
    await stream.reader.read();
    await stream.reader.read();
    await leave(stream);
    await stream.closed;
    expect(calls).toEqual({ next: 3, opened: 1, closed: 1 });
    expect(stream.log).not.toHaveBeenCalled();
  });

  test(`a client that ${title} while a chunk is being computed`, async () => {
    const computing = Promise.withResolvers<void>();
    let closes = 0;
    async function* generate() {
      try {
        yield 'first';
        await computing.promise;
        yield 'second';
        yield 'third';
      } finally {
        closes++;
      }
    }
    const stream = start(generate());
    await stream.reader.read();
    const pending = stream.reader.read();
    await leave(stream);
    expect(await pending, 'the reader is let go at once').toEqual({ done: true, value: undefined });
    expect(await isSettled(stream.closed)).toBe(false);
    computing.resolve();
    await stream.closed;
    expect(closes).toBe(1);
    expect(stream.log).not.toHaveBeenCalled();
  });

  test(`a client that ${title} does so outside of the request’s AsyncLocalStorage, and the source runs inside`, async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const see = async (name: string) => {
      seen.push([name, storage.getStore()]);
      return { done: false as const, value: name };
    };
    const source: AsyncIterableIterator<string> = {
      [Symbol.asyncIterator]: () => source,
      next: () => see('next'),
      return: () => see('return'),
    };
    const stream = storage.run('own', () => start(source));
    await storage.run('other', async () => {
      await stream.reader.read();
      await stream.reader.read();
      await leave(stream);
    });
    await stream.closed;
    expect(seen).toEqual([
      ['next', 'own'],
      ['next', 'own'],
      ['return', 'own'],
    ]);
  });

  test(`a client that ${title} after the last chunk`, async () => {
    const { source, calls } = createSource(['only']);
    const stream = start(source);
    expect(await readAll(stream.reader)).toEqual(['only']);
    await leave(stream);
    await stream.closed;
    expect(calls).toEqual({ next: 2, opened: 1, closed: 1 });
    expect(stream.client.signal.aborted).toBe(false);
  });
}

test('a client that has left before there was a response', async () => {
  const { source, calls } = createSource();
  const client = new Exchange(new Request('http://localhost/', { signal: AbortSignal.abort() }));
  const { stream, closed } = streamChunks(partsOf(source), client, vi.fn());
  expect(await readAll(stream.getReader())).toEqual([]);
  await closed;
  expect(calls.closed).toBe(1);
});

test('a source that rejects after its client has disconnected is not logged', async () => {
  const computing = Promise.withResolvers<void>();
  async function* generate() {
    yield 'first';
    await computing.promise;
  }
  const { reader, log, closed } = start(generate());
  await reader.read();
  const pending = reader.read();
  await reader.cancel();
  computing.reject(new Error('aborted'));
  await closed;
  expect((await pending).done).toBe(true);
  expect(log).not.toHaveBeenCalled();
});

test('a source that cannot be closed is logged', async () => {
  const failure = new Error('Cannot close.');
  async function* generate() {
    try {
      yield 'first';
      yield 'second';
      yield 'third';
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: the fault under test.
      throw failure;
    }
  }
  const { reader, log, closed } = start(generate());
  await reader.read();
  await reader.cancel();
  await closed;
  expect(log.mock.calls).toEqual([[failure]]);
});

test('a source without a return method is left alone', async () => {
  let chunks = 0;
  const source: AsyncIterableIterator<string> = {
    [Symbol.asyncIterator]: () => source,
    next: async () => ({ done: false, value: `chunk ${++chunks}` }),
  };
  const { reader, closed, log } = start(source);
  await reader.read();
  await reader.cancel();
  await closed;
  expect(chunks).toBe(2);
  expect(log).not.toHaveBeenCalled();
});

test.each([
  [0, ''],
  [1, '\r\n---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{"data":{},"hasNext":true}\r\n---\r\n'],
])('a source that fails after %i chunks ends with a well-formed part and a close', async (_count, before) => {
  const failure = new Error('A secret cause.');
  async function* generate() {
    if (before !== '') yield before;
    throw failure;
  }
  const { reader, log, closed, client } = start(generate());
  const text = (await readAll(reader)).join('');
  await closed;
  const parts = parseMultipart('multipart/mixed; boundary="-"', text);
  const last = parts.at(-1);
  expect(parts).toHaveLength(before === '' ? 1 : 2);
  expect(last?.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(JSON.parse(last?.body ?? '')).toEqual({
    hasNext: false,
    errors: [{ message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
  expect(log.mock.calls).toEqual([[failure]]);
  expect(client.signal.aborted).toBe(false);
});
