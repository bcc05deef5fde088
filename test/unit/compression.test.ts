import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { ApolloServer } from '@apollo/server';
import { expect, expectTypeOf, test, vi } from 'vitest';
import { createLambdaHandler } from '../../src/aws-lambda.ts';
import { compression, decompression } from '../../src/compression.ts';
import { cors } from '../../src/cors.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';

const long = JSON.stringify({ data: 'Ä1'.repeat(1000) });

interface Sent {
  readonly method?: string;
  readonly encodings?: string;
  readonly body?: string | null;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly minBytes?: number;
}

/** Sends a response through the wrapper. */
async function send({ method = 'POST', encodings = 'gzip', body = long, status = 200, headers, minBytes }: Sent) {
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const response = new Response(body, {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...length, ...headers },
  });
  const request = new Request('http://a.test/', { method, headers: { 'accept-encoding': encodings } });
  return await compression(async () => response, minBytes === undefined ? {} : { minBytes })(request);
}

function encodingOf(response: Response): string | null {
  return response.headers.get('content-encoding');
}

test('compresses a complete response, with its length', async () => {
  const response = await send({ status: 400, headers: { etag: '"a"', 'x-a': '1', vary: 'Origin' } });
  const bytes = await response.bytes();
  expect(gunzipSync(bytes).toString()).toBe(long);
  expect([response.status, Object.fromEntries(response.headers)]).toEqual([
    400,
    {
      'content-encoding': 'gzip',
      'content-length': String(bytes.byteLength),
      'content-type': 'application/json; charset=utf-8',
      etag: 'W/"a"',
      vary: 'Origin, accept-encoding',
      'x-a': '1',
    },
  ]);
});

test.each([
  ['gzip', true],
  ['GZIP;Q=0.1', true],
  ['x-gzip', true],
  ['*', true],
  ['br, gzip;q=0.5', true],
  ['identity;q=0, *', true],
  ['gzip;q=0.5, identity;q=0.5', true],
  ['', false],
  ['br', false],
  ['gzip;q=0', false],
  ['gzip;q=0.000, *', false],
  ['*;q=0', false],
  ['gzip;q=0.5, identity', false],
  ['gzip;q=much', false],
  ['gzipped', false],
])('accepts an Accept-Encoding of %j: %s', async (encodings, isCompressed) => {
  const response = await send({ encodings, headers: { etag: '"a"' } });
  expect([encodingOf(response), response.headers.get('etag')]).toEqual(
    isCompressed ? ['gzip', 'W/"a"'] : [null, '"a"'],
  );
  expect(response.headers.get('vary')).toBe('accept-encoding');
});

test.each<[string, Sent]>([
  ['a short one', { body: '{"data":{}}' }],
  ['one that is encoded already', { headers: { 'content-encoding': 'identity' } }],
  ['one that says no-transform', { headers: { 'cache-control': 'no-store, No-Transform' } }],
  ['one that does not shrink', { headers: { 'content-type': 'image/png' } }],
  ['an event stream', { headers: { 'content-type': 'text/event-stream' } }],
  ['one without a length', { headers: { 'content-length': '' } }],
  ['one to HEAD', { method: 'HEAD' }],
  ['a 204', { status: 204, body: null }],
])('leaves a response alone: %s', async (_name, sent) => {
  const response = await send(sent);
  expect([encodingOf(response), response.headers.get('vary')]).toEqual([
    sent.headers?.['content-encoding'] ?? null,
    null,
  ]);
  expect(await response.text()).toBe(sent.body === undefined ? long : (sent.body ?? ''));
});

test('gives a 304 the tag and the Vary of the response that it stands for', async () => {
  const response = await send({ method: 'GET', status: 304, body: null, headers: { etag: '"a"' } });
  expect([response.status, encodingOf(response), response.headers.get('etag'), response.headers.get('vary')]).toEqual([
    304,
    null,
    'W/"a"',
    'accept-encoding',
  ]);
});

test('compresses from minBytes on, which has to be a number', async () => {
  expect(encodingOf(await send({ body: '{}', minBytes: 2 }))).toBe('gzip');
  expect(encodingOf(await send({ body: '{}', minBytes: 3 }))).toBe(null);
  expect(() => compression(async () => new Response(), { minBytes: Number.NaN })).toThrow(
    'minBytes must be a number from 0 up. Received NaN.',
  );
});

test('keeps the platform’s arguments and their types', () => {
  const handler = async (_request: Request, _env: { readonly a: 1 }) => new Response();
  expectTypeOf(compression(decompression(handler))).toEqualTypeOf<FetchHandler<[{ readonly a: 1 }]>>();
});

const hello = '{"query":"{ hello }"}';

/** Serves `{ hello }`. `contexts` counts the requests that were not refused. */
function createHello() {
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String }',
    resolvers: { Query: { hello: () => 'world'.repeat(500) } },
  });
  const context = vi.fn(async () => ({}));
  return { handler: decompression(createFetchHandler(server, { context, maxBodyBytes: 1000 })), context };
}

/** Makes a request whose body arrives in these chunks. */
function requestOf(chunks: Iterable<Uint8Array>, headers: Record<string, string> = {}) {
  const pieces = chunks[Symbol.iterator]();
  const source = {
    pull: vi.fn((controller: ReadableStreamDefaultController) => {
      const { done, value } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    }),
    cancel: vi.fn(),
  };
  const request = new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', ...headers },
    body: new ReadableStream(source, { highWaterMark: 0 }),
    ...{ duplex: 'half' },
  });
  return { request, source };
}

const bytesOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

test.each([
  ['gzip', [gzipSync(hello)]],
  ['X-GZIP', bytesOf(gzipSync(hello))],
  ['deflate', bytesOf(deflateSync(hello))],
] as const)('inflates %s', async (encoding, chunks) => {
  const { handler } = createHello();
  const { request } = requestOf(chunks, { 'content-encoding': encoding, 'content-length': '7' });
  const response = await handler(request);
  expect([response.status, await response.json()]).toEqual([200, { data: { hello: 'world'.repeat(500) } }]);
  expect([...request.headers.keys()]).toEqual(['content-type']);
});

test('inflates a body whose handler reads it in one go', async () => {
  const { request } = requestOf([gzipSync(hello)]);
  const handler = decompression(
    async (inner) => new Response(`${inner.bodyUsed} ${await inner.text()} ${inner.bodyUsed}`),
  );
  expect(await (await handler(request)).text()).toBe(`false ${hello} true`);
});

test.each([
  ['malformed', Buffer.from(hello)],
  ['cut off', gzipSync(hello).subarray(0, -1)],
])('responds 400 to a body that is %s, and does not execute it', async (_name, body) => {
  const { handler, context } = createHello();
  expect((await handler(requestOf([body]).request)).status).toBe(400);
  expect(context).not.toHaveBeenCalled();
});

test('releases the rest of a malformed body', async () => {
  const { request, source } = requestOf(
    (function* () {
      for (;;) yield Buffer.from(hello);
    })(),
  );
  expect((await createHello().handler(request)).status).toBe(400);
  await vi.waitFor(() => expect(source.cancel).toHaveBeenCalled());
});

test('responds 413 to a body that inflates to too much, and releases the rest', async () => {
  let pulled = 0;
  const { request, source } = requestOf(
    (function* () {
      const bytes = gzipSync(Buffer.alloc(50_000_000, ' '));
      for (; pulled * 1000 < bytes.length; pulled++) yield bytes.subarray(pulled * 1000, pulled * 1000 + 1000);
    })(),
  );
  const { handler, context } = createHello();
  expect((await handler(request)).status).toBe(413);
  await vi.waitFor(() => expect(source.cancel).toHaveBeenCalled());
  expect(pulled).toBeLessThan(20);
  expect(context).not.toHaveBeenCalled();
});

test.each(['br', 'gzip, gzip', 'gzip, identity', 'compress'])(
  'responds 415 to %j, and reads nothing',
  async (encoding) => {
    const { request, source } = requestOf([brotliCompressSync(hello)], { 'content-encoding': encoding });
    const response = await createHello().handler(request);
    expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate']);
    expect(source.pull).not.toHaveBeenCalled();
  },
);

test('names no encodings where another thing is unsupported', async () => {
  const { request } = requestOf([gzipSync(hello)], { 'content-type': 'application/json; charset=latin1' });
  const response = await createHello().handler(request);
  expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, null]);
});

test('reads nothing of a request that CSRF prevention refuses', async () => {
  const { request, source } = requestOf([gzipSync(hello)], { 'content-type': 'text/plain' });
  expect((await createHello().handler(request)).status).toBe(400);
  expect(source.pull).not.toHaveBeenCalled();
});

test('leaves a request without an encoding as it is', async () => {
  const request = new Request('http://a.test/', { method: 'POST', body: hello });
  await decompression(async (inner) => {
    expect(inner).toBe(request);
    return new Response();
  })(request);
  expect(Object.getOwnPropertyNames(request)).toEqual([]);
});

test('sends the exact bytes from Lambda, in base64', async () => {
  const { handler } = createHello();
  const lambda = createLambdaHandler(cors(compression(handler), { origin: '*' }));
  const result = await lambda(
    {
      version: '2.0',
      rawPath: '/',
      rawQueryString: '',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'accept-encoding': 'gzip, deflate, br',
      },
      requestContext: { http: { method: 'POST' }, domainName: 'a.test' },
      isBase64Encoded: true,
      body: gzipSync(hello).toString('base64'),
    } as never,
    { getRemainingTimeInMillis: () => 10_000 } as never,
  );
  expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: true, headers: { 'content-encoding': 'gzip' } });
  const bytes = Buffer.from(Object(result).body, 'base64');
  expect(JSON.parse(gunzipSync(bytes).toString())).toEqual({ data: { hello: 'world'.repeat(500) } });
  expect(Object(result).headers['content-length'] ?? String(bytes.length)).toBe(String(bytes.length));
});
