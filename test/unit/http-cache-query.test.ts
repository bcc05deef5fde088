import { ApolloServer } from '@apollo/server';
import { describe, expect, test, vi } from 'vitest';
import { type HTTPCacheOptions, httpCache, type WebCache } from '../../src/http-cache.ts';
import { createFetchHandler } from '../../src/index.ts';

/** A `Cache` that keeps everything. */
function memory(): WebCache & { readonly stored: Map<string, Response> } {
  const stored = new Map<string, Response>();
  return {
    stored,
    match: async (url) => stored.get(url)?.clone(),
    put: async (url, response) => void stored.set(url, response),
    delete: async (url) => stored.delete(url),
  };
}

type Body = string | Uint8Array<ArrayBuffer>;

/** A request as a host makes it: with the length that its client declared. */
function query(body: Body, headers: Record<string, string> = {}, url = 'http://api.test/graphql'): Request {
  const bytes = new Blob([body]).size;
  return new Request(url, {
    method: 'QUERY',
    headers: { 'content-type': 'application/json', 'content-length': String(bytes), ...headers },
    body,
  });
}

/** A handler that returns what it has read, as the public result of a query. */
function setUp(options: HTTPCacheOptions<[]> = {}, cacheControl = 'max-age=60, public') {
  const read: Uint8Array[] = [];
  const held: Promise<unknown>[] = [];
  const handler = vi.fn(async (request: Request) => {
    read.push(new Uint8Array(await request.arrayBuffer()));
    const body = `{"data":{"call":${read.length}}}`;
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
    return new Response(body, { headers: { ...headers, 'cache-control': cacheControl } });
  });
  const cache = memory();
  const inner = httpCache<unknown[]>(handler, { cache, ...(options as HTTPCacheOptions<unknown[]>) });
  const cached = (request: Request) => inner(request, { waitUntil: (promise: Promise<unknown>) => held.push(promise) });
  /** Sends both, one after the other, and returns how many of them were executed. */
  async function executed(first: Request, second: Request): Promise<number> {
    const before = read.length;
    await cached(first);
    await Promise.all(held);
    await cached(second);
    return read.length - before;
  }
  return { cached, executed, read, held, cache, handler };
}

const text = (...variables: string[]) => `{"query":"query Q($a: X) { a }","variables":${variables.join('')}}`;

test('a QUERY is served from the cache, and the handler has read its exact bytes', async () => {
  const { cached, read, held } = setUp();
  const body = '{ "variables": {"b":1, "a":"é"}, "query":"{ a }" }';
  expect((await cached(query(body))).headers.has('age')).toBe(false);
  await Promise.all(held);
  const hit = await cached(query(body));
  expect([hit.headers.get('age'), await hit.text()]).toEqual(['0', '{"data":{"call":1}}']);
  expect(hit.headers.get('vary')).toContain('content-type');
  expect(read).toEqual([new TextEncoder().encode(body)]);
  const etag = hit.headers.get('etag') ?? '';
  expect((await cached(query(body, { 'if-none-match': etag }))).status).toBe(304);
});

test.each([
  ['white space', '{"query":"{ a }"}', ' {\n"query" :\t"{ a }"\r}'],
  ['a byte order mark', '{"query":"{ a }"}', '\uFEFF{"query":"{ a }"}'],
  ['the order of members', '{"query":"{ a }","operationName":null}', '{"operationName":null,"query":"{ a }"}'],
  ['the order of variables', text('{"a":1,"b":[2]}'), text('{"b":[2],"a":1}')],
  ['how a character is written', text('{"a":"é"}'), text('{"a":"\\u00e9"}')],
  ['what a repeated member overwrites', '{"query":"{ b }","query":"{ a }"}', '{"query":"{ a }"}'],
])('%s makes no difference', async (_name, first, second) => {
  expect(await setUp().executed(query(first), query(second))).toBe(1);
});

const a = '{"query":"{ a }"}';
test.each([
  ['the query', query(a), query('{"query":"{a}"}')],
  ['a repeated member', query('{"query":"{ a }","query":"{ b }"}'), query(a)],
  ['a value', query(text('{"a":1}')), query(text('{"a":"1"}'))],
  ['a null in place of nothing', query(text('{"a":null}')), query(text('{}'))],
  ['no variables', query(text('{}')), query(text('null'))],
  ['the order of what is deeper', query(text('{"a":{"b":1,"c":2}}')), query(text('{"a":{"c":2,"b":1}}'))],
  ['the order of a list', query(text('{"a":[1,2]}')), query(text('{"a":[2,1]}'))],
  ['a variable that looks like two', query(text('{"a":1,"b":2}')), query(text('{"a\\",1],[\\"b":2}'))],
  ['a variable named __proto__', query(text('{"__proto__":{"a":1}}')), query(text('{}'))],
  ['the value of __proto__', query(text('{"__proto__":{"a":1}}')), query(text('{"__proto__":{"a":2}}'))],
  ['__proto__ deeper', query(text('{"a":{"__proto__":1}}')), query(text('{"a":{"__proto__":2}}'))],
  ['a member named __proto__', query(`{"__proto__":{"variables":{}},"query":"{ a }"}`), query(a)],
  ['lone surrogates', query(text('{"a":"\\ud800"}')), query(text('{"a":"\\ud801"}'))],
  ['a lone surrogate and its replacement', query(text('{"a":"\\ud800"}')), query(text('{"a":"\\ufffd"}'))],
  ['a toJSON', query(text('{"a":{"toJSON":1}}')), query(text('{"a":{"toJSON":2}}'))],
  ['a large number', query(text('{"a":1e400}')), query(text('{"a":null}'))],
  ['a large negative number', query(text('{"a":-1e400}')), query(text('{"a":1e400}'))],
  ['negative zero', query(text('{"a":0}')), query(text('{"a":-0}'))],
  [
    'the operation name',
    query('{"query":"{ a }","operationName":"A"}'),
    query('{"query":"{ a }","operationName":"B"}'),
  ],
  ['the id of a document', query('{"documentId":"a"}'), query('{"documentId":"b"}')],
  ['the hash of a query', query('{"extensions":{"persistedQuery":{"sha256Hash":"a"}}}'), query('{"extensions":{}}')],
  [
    'a member that Apollo does not know',
    query('{"query":"{ a }","tenant":"a"}'),
    query('{"query":"{ a }","tenant":"b"}'),
  ],
  ['the media type', query(a), query(a, { 'content-type': 'application/json; charset=utf-8' })],
  ['the path', query(a), query(a, {}, 'http://api.test/other')],
  ['a parameter of the URL', query(a), query(a, {}, 'http://api.test/graphql?tenant=a')],
  ['the method', query(a), new Request('http://api.test/graphql?query={%20a%20}')],
  ['what the URL of a GET says', new Request('http://api.test/graphql?query={a}'), query('{"query":"{a}"}')],
])('%s makes a difference', async (_name, first, second) => {
  expect(await setUp().executed(first, second)).toBe(2);
});

const long = `{"query":"{ a }","variables":{"a":"${'x'.repeat(1_048_576)}"}}`;
const lists = 100_000;
describe.each<[string, Body, Record<string, string>?]>([
  ['that is a batch', `[${a}]`],
  ['that is no object', '"{ a }"'],
  ['without an operation', '{"variables":{}}'],
  ['whose variables are a list', text('[["a",1]]')],
  ['whose variables are a text', text('"{}"')],
  ['whose query comes with its hash', '{"query":"{ a }","extensions":{"persistedQuery":{}}}'],
  ['with a number that JSON cannot print', text('{"a":1e400}')],
  ['with a negative zero', text('{"a":-0.0}')],
  ['that is nested too deeply', text(`{"a":${'['.repeat(lists)}${']'.repeat(lists)}}`)],
  ['that is not JSON', '{"query":'],
  ['that is not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ['that is too long', long],
  ['of a simple type', a, { 'content-type': 'text/plain' }],
  ['of a type that is none', a, { 'content-type': 'application/json, text/plain' }],
  ['in another charset', a, { 'content-type': 'application/json; charset=utf-16' }],
  ['that is compressed', a, { 'content-encoding': 'gzip' }],
  ['of no declared length', a, { 'content-length': '' }],
  ['of two lengths', a, { 'transfer-encoding': 'chunked' }],
])('a body %s', (_name, body, headers) => {
  test('reaches the handler each time, with its exact bytes', async () => {
    const { executed, read, cache } = setUp();
    expect(await executed(query(body, headers), query(body, headers))).toBe(2);
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    expect(Buffer.compare(read[1] ?? Buffer.of(), bytes)).toBe(0);
    expect(cache.stored.size).toBe(0);
  });
});

test('a personal QUERY is private, and its body is left to the handler', async () => {
  const { cached, executed, cache } = setUp();
  const personal = () => query(a, { cookie: 'a=b' });
  expect(await executed(personal(), personal())).toBe(2);
  expect((await cached(personal())).headers.get('cache-control')).toBe('max-age=60, private');
  expect(cache.stored.size).toBe(0);
});

test('a QUERY whose signal was aborted is not stored', async () => {
  const { handler, cached, cache } = setUp();
  const controller = new AbortController();
  handler.mockImplementationOnce(async (request) => {
    controller.abort();
    return request.signal.aborted
      ? Response.json({ data: {} }, { headers: { 'cache-control': 'public, max-age=9' } })
      : Response.error();
  });
  const response = await cached(new Request(query(a), { signal: controller.signal }));
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(cache.stored.size).toBe(0);
});

test('identical QUERYs that come at once are executed once', async () => {
  const { cached, read } = setUp();
  const texts = await Promise.all(Array.from({ length: 20 }, async () => await (await cached(query(a))).text()));
  expect([...new Set(texts)]).toEqual(['{"data":{"call":1}}']);
  expect(read).toHaveLength(1);
});

test('a stale QUERY is replaced by one with the same body, after the response', async () => {
  const { cached, read, held } = setUp({}, 'public, max-age=1, stale-while-revalidate=60');
  await cached(query(a));
  await Promise.all(held);
  vi.useFakeTimers({ now: Date.now() + 5000, toFake: ['Date'] });
  const stale = await cached(query(a));
  vi.useRealTimers();
  expect(await stale.text()).toBe('{"data":{"call":1}}');
  await vi.waitFor(() => expect(read).toHaveLength(2));
  expect(new TextDecoder().decode(read[1])).toBe(a);
});

test('a POST makes the QUERYs of its URL invalid, and those of no other', async () => {
  const { cached, executed } = setUp();
  const post = (url: string) => cached(new Request(url, { method: 'POST', body: a }));
  const other = 'http://api.test/other';
  const long = `http://api.test/${'x'.repeat(300)}`;
  for (const url of ['http://api.test/graphql', long]) {
    expect(await executed(query(a, {}, url), query(a, {}, url))).toBe(1);
    await post(other);
    expect(await executed(query(a, {}, url), query(a, {}, url))).toBe(0);
    await post(url);
    // Otherwise the next response could be as old as the POST, which makes it invalid too.
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await executed(query(a, {}, url), query(a, {}, url))).toBe(1);
  }
});

test('the server itself refuses a body that ends early, and a mutation', async () => {
  const server = new ApolloServer({ typeDefs: 'type Query { a: Int } type Mutation { b: Int }' });
  const cached = httpCache(createFetchHandler(server, { queryMethod: true }), { cache: memory() });
  const failing = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
  const headers = { 'content-type': 'application/json', 'content-length': '9' };
  const init = { method: 'QUERY', headers, body: failing, duplex: 'half' };
  const responses = [
    await cached(new Request('http://api.test/', init)),
    await cached(query('{"query":"mutation { b }"}')),
  ];
  expect(responses.map(({ status }) => status)).toEqual([400, 422]);
  expect(await responses[0]?.text()).toContain('The request body ended early.');
});
