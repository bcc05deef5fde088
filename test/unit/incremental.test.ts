import { expect, test } from 'vitest';
import { createApp, type Journal } from '../apps/incremental.ts';
import { parseMultipart } from '../incremental/multipart.ts';

const legacyFormat = 'multipart/mixed; deferSpec=20220824, application/json';
const decoder = new TextDecoder('utf-8', { fatal: true });
let runs = 0;

/** Creates the application in this process, and runs a query on it. */
function start(query: string, { method = 'POST' }: { method?: 'GET' | 'POST' } = {}) {
  const app = createApp();
  const run = `run-${++runs}`;
  const connection = new AbortController();
  const held: Promise<unknown>[] = [];
  const get = method === 'GET';
  const response = app(
    new Request(`http://localhost/graphql${get ? `?query=${encodeURIComponent(query)}` : ''}`, {
      method,
      headers: {
        accept: legacyFormat,
        'x-run': run,
        'apollo-require-preflight': 'true',
        ...(get ? {} : { 'content-type': 'application/json' }),
      },
      body: get ? null : JSON.stringify({ query }),
      signal: connection.signal,
    }),
    { waitUntil: (promise: Promise<unknown>) => held.push(promise) },
  );
  const ask = async (what: string): Promise<Journal> =>
    await (await app(new Request(`http://localhost/${what}?run=${run}`))).json();
  return {
    response,
    connection,
    held,
    journal: () => ask('journal'),
    open: () => ask('open'),
    chunks: async () => readAll((await response).body?.getReader()),
  };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<string[]> {
  const chunks: string[] = [];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) return chunks;
    chunks.push(decoder.decode(value));
  }
}

const part = (result: unknown) => `content-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify(result)}\r\n`;

for (const method of ['GET', 'POST'] as const) {
  test(`a ${method} with @defer gets one chunk per part, to the byte`, async () => {
    const text = 'naïve €𝄞\r\n---\r\n\r\n-----\r\n';
    const { response, chunks } = start(`{ hello ... @defer { echo(text: ${JSON.stringify(text)}) { text } } }`, {
      method,
    });
    const { status, headers } = await response;
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
    expect(Object.fromEntries(headers), 'nobody shall compress it or hold it back').toMatchObject({
      'cache-control': 'no-store, no-transform',
      'content-encoding': 'identity',
      'x-accel-buffering': 'no',
    });
    expect(headers.get('content-length')).toBeNull();
    expect(await chunks()).toEqual([
      `\r\n---\r\n${part({ data: { hello: 'world' }, hasNext: true })}---\r\n`,
      `${part({ incremental: [{ data: { echo: { text } }, path: [] }], hasNext: false })}-----\r\n`,
    ]);
  });
}

test('a stream may end with an empty payload', async () => {
  const { chunks } = start('{ items(count: 2) @stream }');
  expect(await chunks()).toEqual([
    `\r\n---\r\n${part({ data: { items: [] }, hasNext: true })}---\r\n`,
    `${part({ incremental: [{ items: [1], path: ['items', 0] }], hasNext: true })}---\r\n`,
    `${part({ incremental: [{ items: [2], path: ['items', 1] }], hasNext: true })}---\r\n`,
    `${part({ hasNext: false })}-----\r\n`,
  ]);
});

test('a deferred field that fails is an error in its part', async () => {
  const { chunks } = start('{ hello ... @defer { failing } }');
  const [, last = ''] = await chunks();
  expect(last).toMatch(/-----\r\n$/);
  expect(JSON.parse(last.split('\r\n')[2] ?? '')).toMatchObject({
    incremental: [{ data: { failing: null }, errors: [{ message: 'A field failed.', path: ['failing'] }] }],
    hasNext: false,
  });
});

test('a list that fails half-way through is an error in its part', async () => {
  const { chunks, journal } = start('{ items(failAt: 2) @stream }');
  const text = (await chunks()).join('');
  const parts = parseMultipart('multipart/mixed; boundary="-"', text).map(({ body }) => JSON.parse(body));
  expect(parts).toMatchObject([
    { data: { items: [] } },
    { incremental: [{ items: [1] }] },
    {
      incremental: [{ items: null, errors: [{ message: 'A list that failed.', path: ['items', 1] }] }],
      hasNext: false,
    },
  ]);
  expect(await journal()).toMatchObject({ opened: 1, closed: 1 });
});

test('a plugin that throws at a payload ends the response with a part that does not say why', async () => {
  const { chunks, journal } = start('query Throws { hello items @stream }');
  const text = (await chunks()).join('');
  const parts = parseMultipart('multipart/mixed; boundary="-"', text).map(({ body }) => JSON.parse(body));
  expect(parts).toEqual([
    { data: { hello: 'world', items: [] }, hasNext: true },
    {
      hasNext: false,
      errors: [{ message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    },
  ]);
  expect(await journal()).toMatchObject({ aborts: 0, opened: 1, closed: 1, logged: ['Error: A secret cause.'] });
});

test('the source yields nothing until the body is read, and then one part for each read', async () => {
  const { response, journal, connection, held } = start('query Bulk { hello }');
  const reader = (await response).body?.getReader();
  expect(await journal()).toMatchObject({ items: 0 });
  for (const items of [0, 1, 2, 3]) {
    await reader?.read();
    expect(await journal()).toMatchObject({ items });
  }
  connection.abort();
  await Promise.all(held);
  expect(await journal()).toMatchObject({ items: 3, opened: 1, closed: 1 });
});

test('the source of a client that leaves before the first part is closed', async () => {
  const { response, journal, held } = start('query Bulk { hello }');
  await (await response).body?.cancel();
  await Promise.all(held);
  expect(await journal()).toMatchObject({ aborts: 1, items: 1, opened: 1, closed: 1, logged: [] });
});

test('a source is closed although its client disconnected before there was a response', async () => {
  const { chunks, open, journal, connection, held } = start('{ gated items @stream }');
  await expect.poll(journal).toMatchObject({ opened: 1 });
  connection.abort();
  await open();
  expect(await chunks()).toEqual([]);
  await Promise.all(held);
  const { items } = await journal();
  expect(await journal()).toMatchObject({ aborts: 1, items, closed: 1, logged: [] });
});

test('the signal aborts while a complete response is being computed', async () => {
  const { response, open, journal, connection, held } = start('{ gated }');
  await expect.poll(journal).toMatchObject({ contexts: 1 });
  connection.abort();
  expect(await journal()).toMatchObject({ aborts: 1 });
  await open();
  expect(await (await response).json()).toEqual({ data: { gated: 'open' } });
  await Promise.all(held);
  expect(held, 'the execution was held').toHaveLength(1);
});

for (const [kind, query] of [
  ['complete', '{ hello }'],
  ['chunked', '{ hello ... @defer { echo(text: "a") { text } } }'],
]) {
  test(`the signal does not abort because a ${kind} response is finished`, async () => {
    const { chunks, journal, connection, held } = start(query ?? '');
    await chunks();
    await Promise.all(held);
    connection.abort();
    expect(await journal()).toMatchObject({ contexts: 1, aborts: 0 });
  });
}
