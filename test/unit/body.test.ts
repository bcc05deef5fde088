import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { readBody } from '../../src/core/body.ts';
import { Exchange } from '../../src/core/exchange.ts';
import { ApolloRequest } from '../../src/core/request.ts';

const limits = { maxBodyBytes: 1000, maxBatchSize: 3 };
const json = 'application/json';

interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit | null;
}

function requestOf({ method = 'POST', headers = { 'content-type': json }, body = '{"query":"{a}"}' }: Init) {
  return new Request('http://a.test/', {
    method,
    headers,
    body: method === 'GET' ? null : body,
    // Node requires this for a body that is a stream. The DOM types do not have it yet.
    ...{ duplex: 'half' },
  });
}

async function read(init: Init, request: Request = requestOf(init)): Promise<unknown> {
  return await readBody(request, new ApolloRequest(request, new Exchange(request), false), limits);
}

/** Returns the status and the message that a client would get. */
async function refusalOf(init: Init): Promise<[status: unknown, message: string]> {
  const error = await read(init).then(
    (body) => expect.fail(`was read as ${JSON.stringify(body)}`),
    (error: unknown) => error,
  );
  if (!(error instanceof GraphQLError)) throw error;
  const { code, http } = error.extensions;
  expect(code).toBe('BAD_REQUEST');
  return [Object(http).status, error.message];
}

/** An endless body of chunks with this many bytes each. It counts the chunks that are read. */
function endless(chunkSize: number) {
  const source = { chunks: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        source.chunks++;
        controller.enqueue(new Uint8Array(chunkSize).fill(32));
      },
    },
    { highWaterMark: 0 },
  );
  return { source, body };
}

/** A body of these chunks. It records whether it has been read to its end. */
function streamOf(chunks: Uint8Array[]) {
  const source = { ended: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk !== undefined) return controller.enqueue(chunk);
      source.ended = true;
      controller.close();
    },
  });
  return { source, body };
}

test('reads a JSON body', async () => {
  expect(await read({ body: '{"query":"{ a }","variables":{"n":1}}' })).toEqual({
    query: '{ a }',
    variables: { n: 1 },
  });
});

test.each([
  'application/json',
  'APPLICATION/JSON',
  ' application/json ',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json; charset="utf-8"',
  'application/json; charset=utf8',
  'application/json; charset=utf-8; charset=utf-16',
  'application/json; profile="a;b"; charset=utf-8',
  'application/json; charset',
  'application/json;',
])('reads %j', async (type) => {
  expect(await read({ headers: { 'content-type': type } })).toEqual({ query: '{a}' });
});

// A page can send each of these across origins without a preflight, or a lax parser has taken it for JSON.
test.each([
  'text/plain',
  'text/plain; application/json',
  'text/plain; x=application/json',
  'text/plain;charset=application/json',
  'text/plain, application/json',
  'application/json, text/plain',
  'application/x-www-form-urlencoded;application/json',
  'application/json+x',
  'application/jsonp',
  'application/graphql+json',
  'application/graphql',
  'text/json',
  'application /json',
  'application/ json',
  'application\\json',
  'json',
  '*/*',
  ',',
  '',
])('reads nothing of %j', async (type) => {
  const { source, body } = endless(10);
  expect(await read({ headers: { 'content-type': type }, body })).toBeUndefined();
  expect(source.chunks).toBe(0);
});

test('reads nothing of a body without a media type', async () => {
  const { source, body } = endless(10);
  expect(await read({ headers: {}, body })).toBeUndefined();
  expect(source.chunks).toBe(0);
});

test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('reads nothing of a %s', async (method) => {
  const { source, body } = endless(10);
  expect(await read({ method, body })).toBeUndefined();
  expect(source.chunks).toBe(0);
});

test.each(['utf-16', 'iso-8859-1', 'us-ascii', 'utf-7', '""', 'utf-8x', "'utf-8'"])(
  'refuses charset %s unread',
  async (charset) => {
    const { source, body } = endless(10);
    expect(await refusalOf({ headers: { 'content-type': `${json}; charset=${charset}` }, body })).toEqual([
      415,
      'The request body must be encoded as UTF-8.',
    ]);
    expect(source.chunks).toBe(0);
  },
);

// CVE-2026-23897: parsing a charset that is as long as a header may be must take only linear time.
test('parses a hostile media type in linear time', async () => {
  for (const type of [
    `${json}; charset=${'utf-8 '.repeat(100_000)}x`,
    `${json}${'; a="\\"'.repeat(100_000)}`,
    `${json}${';'.repeat(500_000)}charset=utf-8`,
    `${' '.repeat(500_000)}x`,
  ]) {
    const headers = new HeaderMap([['content-type', type]]);
    const start = performance.now();
    await readBody(requestOf({}), { method: 'POST', headers }, limits).catch(() => {});
    expect(performance.now() - start).toBeLessThan(2000);
  }
});

test.each(['identity', 'Identity', ''])('reads content-encoding %j', async (encoding) => {
  expect(await read({ headers: { 'content-type': json, 'content-encoding': encoding } })).toEqual({ query: '{a}' });
});

test.each(['gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'x'])(
  'refuses content-encoding %s unread',
  async (encoding) => {
    const { source, body } = endless(10);
    expect(await refusalOf({ headers: { 'content-type': json, 'content-encoding': encoding }, body })).toEqual([
      415,
      'The request body must not have a content-encoding.',
    ]);
    expect(source.chunks).toBe(0);
  },
);

test('takes a body of just the limit', async () => {
  const body = JSON.stringify({ query: 'x'.repeat(1000 - '{"query":""}'.length) });
  expect(body).toHaveLength(1000);
  expect(await read({ body })).toEqual(JSON.parse(body));
});

test('refuses a body of one byte more', async () => {
  const body = JSON.stringify({ query: 'x'.repeat(1001 - '{"query":""}'.length) });
  expect(body).toHaveLength(1001);
  expect(await refusalOf({ body })).toEqual([413, 'The request body is larger than 1000 bytes.']);
});

test('counts bytes, not characters', async () => {
  const body = JSON.stringify({ query: 'é'.repeat(500) });
  expect(body.length).toBeLessThan(1000);
  expect(await refusalOf({ body })).toEqual([413, 'The request body is larger than 1000 bytes.']);
});

test('refuses a declared length over the limit unread', async () => {
  const { source, body } = endless(10);
  expect(await refusalOf({ headers: { 'content-type': json, 'content-length': '1001' }, body })).toEqual([
    413,
    'The request body is larger than 1000 bytes.',
  ]);
  expect(source.chunks).toBe(0);
});

// CVE-2021-43801: malformed JSON must cause an error for the client, and nothing else.
test.each([
  ['cut off', '{"query":'],
  ['not JSON', 'query={a}'],
  ['two values', '{}{}'],
  ['white space', ' '],
  ['a BOM alone after another', '\uFEFF\uFEFF{}'],
  ['NaN', '{"a":NaN}'],
  ['a trailing comma', '{"a":1,}'],
])('refuses malformed JSON: %s', async (_name, body) => {
  expect(await refusalOf({ body })).toEqual([400, 'Invalid JSON in the request body.']);
});

test.each([
  ['no bytes', ''],
  ['no body', null],
  ['a BOM', '\uFEFF'],
])('reads %s as no body at all', async (_name, body) => {
  expect(await read({ body })).toBeUndefined();
});

test('strips a BOM', async () => {
  expect(await read({ body: '\uFEFF{"query":"{a}"}' })).toEqual({ query: '{a}' });
});

test('puts characters together that were cut in two', async () => {
  const bytes = new TextEncoder().encode('\uFEFF{"query":"日本 🚀"}');
  const { body } = streamOf([...bytes].map((byte) => Uint8Array.of(byte)));
  expect(await read({ body })).toEqual({ query: '日本 🚀' });
});

test.each([
  ['a stray byte', [0x22, 0xff, 0x22]],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
  ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['a character cut off', [0x22, 0xe6, 0x97]],
])('refuses invalid UTF-8: %s', async (_name, bytes) => {
  expect(await refusalOf({ body: Uint8Array.from(bytes) })).toEqual([400, 'The request body is not valid UTF-8.']);
});

test('reads the next body as if none had been refused', async () => {
  // The text is cut inside a character, so the decoder holds half a character when it meets the invalid byte.
  const { body } = streamOf([Uint8Array.of(0x22, 0xe6, 0x97), Uint8Array.of(0xff), Uint8Array.of(0x22)]);
  expect(await refusalOf({ body })).toEqual([400, 'The request body is not valid UTF-8.']);
  expect(await read({ body: '"日本"' })).toBe('日本');
});

test('reads a body that is not UTF-8 to its end', async () => {
  const { source, body } = streamOf([Uint8Array.of(0xff), Uint8Array.of(0x20)]);
  expect(await refusalOf({ body })).toEqual([400, 'The request body is not valid UTF-8.']);
  expect(source.ended).toBe(true);
});

test.each([
  ['10,000 levels of lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['10,000 levels of objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
])('survives %s', async (_name, variables) => {
  const request = requestOf({ body: `{"query":"{a}","variables":{"v":${variables}}}` });
  const roomy = { ...limits, maxBodyBytes: 1_000_000 };
  expect(await readBody(request, new ApolloRequest(request, new Exchange(request), false), roomy)).toHaveProperty(
    'variables.v',
  );
});

test('treats the keys of a prototype as ordinary keys', async () => {
  const body = await read({ body: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}' });
  expect(Object.keys(Object(body))).toEqual(['__proto__', 'constructor']);
  expect(body).not.toHaveProperty('polluted');
  expect({}).not.toHaveProperty('polluted');
});

test('takes the last of two equal keys, and any number', async () => {
  expect(await read({ body: '{"a":1,"a":2,"b":1e999,"c":-1e-999}' })).toEqual({
    a: 2,
    b: Number.POSITIVE_INFINITY,
    c: -0,
  });
});

test('lets a batch of just the limit through', async () => {
  expect(await read({ body: '[{},{},{}]' })).toEqual([{}, {}, {}]);
});

test('refuses a batch over the limit', async () => {
  expect(await refusalOf({ body: '[{},{},{},{}]' })).toEqual([400, 'A batch may hold at most 3 operations.']);
});

test('says what has to change if a body was read before', async () => {
  const request = requestOf({});
  await request.text();
  const error = await read({}, request).catch((error: unknown) => error);
  expect(error).not.toBeInstanceOf(GraphQLError);
  const message =
    'Other code has read the request body. Mount the handler before such middleware, or pass a request.clone().';
  expect(error).toHaveProperty('message', message);
});

test('leaves a clone to its reader', async () => {
  const request = requestOf({});
  const clone = request.clone();
  expect(await read({}, request)).toEqual({ query: '{a}' });
  expect(await clone.json()).toEqual({ query: '{a}' });
});
