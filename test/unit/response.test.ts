import { HeaderMap } from '@apollo/server';
import { expect, test } from 'vitest';
import { toErrorResponse, toResponse } from '../../src/core/response.ts';

const jsonType = 'application/json; charset=utf-8';

function apolloResponse(headers: Readonly<Record<string, unknown>> = {}, status?: number) {
  // Plugins in JavaScript can set any value.
  const entries = Object.entries({ 'content-type': jsonType, ...headers }) as [string, string][];
  const head = { headers: new HeaderMap(entries) };
  return status === undefined ? head : { ...head, status };
}

test('is 200 unless Apollo says otherwise', () => {
  expect(toResponse(apolloResponse(), '{}', undefined, globalThis).status).toBe(200);
  expect(toResponse(apolloResponse({}, 405), '{}', undefined, globalThis).status).toBe(405);
});

test('has the headers and the body of Apollo', async () => {
  const response = toResponse(apolloResponse({ 'cache-control': 'no-store' }), '{"a":"日本"}\n', undefined, globalThis);
  expect(Object.fromEntries(response.headers)).toEqual({
    'content-type': jsonType,
    'cache-control': 'no-store',
    'content-length': '15',
  });
  expect(await response.text()).toBe('{"a":"日本"}\n');
});

test.each([16_383, 16_384, 100_000])('has an exact length and text of %i bytes', async (length) => {
  const text = '日'.repeat(length / 3).padEnd(length - 2 * Math.floor(length / 3), '.');
  const response = toResponse(apolloResponse(), text, undefined, globalThis);
  expect(response.headers.get('content-length')).toBe(String(length));
  expect(await response.text()).toBe(text);
});

test('streams a stream', async () => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Uint8Array.of(104));
      controller.enqueue(Uint8Array.of(105));
      controller.close();
    },
  });
  const response = toResponse(apolloResponse(), stream, undefined, globalThis);
  expect(response.headers.has('content-length')).toBe(false);
  expect(await response.text()).toBe('hi');
});

test.each([
  [undefined, undefined, 'no-store, no-transform'],
  ['max-age=9, private', undefined, 'max-age=9, private, no-transform'],
  ['no-store', new Headers(), 'no-store, no-transform'],
  ['no-store', new Headers({ 'cache-control': 'private' }), 'private, no-transform'],
])(
  'a stream with the cache-control %s, and %o of the context function, may not be held back',
  (policy, added, expected) => {
    const head = apolloResponse(policy === undefined ? {} : { 'cache-control': policy });
    const { headers } = toResponse(head, new ReadableStream<Uint8Array>(), added, globalThis);
    expect([headers.get('cache-control'), headers.get('content-encoding'), headers.get('x-accel-buffering')]).toEqual([
      expected,
      'identity',
      'no',
    ]);
  },
);

test.each([204, 205, 304])('has no body where %i may have none', async (status) => {
  const response = toResponse(apolloResponse({}, status), '{}', undefined, globalThis);
  expect([response.status, response.body]).toEqual([status, null]);
  expect(response.headers.has('content-length')).toBe(false);
});

test('closes a stream that the status leaves no room for', async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    cancel() {
      cancelled = true;
    },
  });
  expect(toResponse(apolloResponse({}, 204), stream, undefined, globalThis).body).toBeNull();
  expect(cancelled).toBe(true);
});

test('puts the headers of the context function over those of Apollo', () => {
  const responseHeaders = new Headers({ 'Cache-Control': 'private', 'x-a': '1' });
  responseHeaders.append('x-a', '2');
  const { headers } = toResponse(apolloResponse({ 'cache-control': 'no-store' }), '{}', responseHeaders, globalThis);
  expect(Object.fromEntries(headers)).toEqual({
    'content-type': jsonType,
    'cache-control': 'private',
    'content-length': '2',
    'x-a': '1, 2',
  });
});

test('keeps every cookie on a line of its own', () => {
  const responseHeaders = new Headers();
  responseHeaders.append('set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT');
  responseHeaders.append('set-cookie', 'b=2');
  const { headers } = toResponse(apolloResponse({ 'set-cookie': 'apollo=0' }), '{}', responseHeaders, globalThis);
  expect(headers.getSetCookie()).toEqual(['apollo=0', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2']);
});

test.each<[string, unknown, string | null]>([
  ['several cookies', ['a=1', 'b=2'], 'a=1, b=2'],
  ['several values', ['a', 'b'], 'a,b'],
  ['a number', 5, '5'],
  ['Latin-1 and tabs', 'größe\t', 'größe'],
])('sends what plugins in JavaScript set: %s', (name, value, sent) => {
  const header = name === 'several cookies' ? 'set-cookie' : 'x-a';
  const { headers } = toResponse(apolloResponse({ [header]: value }), '{}', undefined, globalThis);
  expect(headers.get(header)).toBe(sent);
  expect(headers.getSetCookie()).toHaveLength(header === 'x-a' ? 0 : 2);
});

const hostHeaders = {
  connection: 'keep-alive',
  'content-length': '1',
  'keep-alive': 'timeout=1000',
  te: 'trailers',
  trailer: 'x-a',
  'transfer-encoding': 'gzip',
  upgrade: 'h2c',
};

test.each([
  [200, '{}', '2'],
  [200, new ReadableStream(), undefined],
  [304, '{}', undefined],
])('leaves the connection and the framing of a %i to the host', (status, body, length) => {
  for (const [apollo, added] of [
    [hostHeaders, undefined],
    [{}, new Headers(hostHeaders)],
  ] as const) {
    const { headers } = toResponse(apolloResponse(apollo, status), body, added, globalThis);
    expect(Object.keys(hostHeaders).filter((name) => headers.has(name))).toEqual(length ? ['content-length'] : []);
    expect(headers.get('content-length')).toBe(length ?? null);
  }
});

test('lets no cache keep a page, unless somebody says otherwise', () => {
  const headersOf = (headers: Record<string, string>) => {
    const page = apolloResponse({ 'content-type': 'text/html', ...headers });
    const { headers: sent } = toResponse(page, '', undefined, globalThis);
    return [sent.get('cache-control'), sent.get('vary')];
  };
  expect(headersOf({})).toEqual(['no-store', 'accept']);
  expect(headersOf({ 'cache-control': 'max-age=60', vary: 'x-a' })).toEqual(['max-age=60', 'x-a']);
});

test.each<[string, Readonly<Record<string, unknown>>, number]>([
  ['a status out of range', {}, 1000],
  ['an informational status', {}, 101],
  ['a header beyond Latin-1', { 'x-a': '日本' }, 200],
  ['a header with a line break', { 'x-a': 'b\r\nset-cookie: c=d' }, 200],
  ['a header with a control character', { 'x-a': '\x01' }, 200],
  ['a header with DEL', { 'x-a': '\x7f' }, 200],
  ['a header that is undefined', { 'x-a': undefined }, 200],
  ['a cookie that is null', { 'set-cookie': ['a=1', null] }, 200],
  ['a header without a name', { '': 'a' }, 200],
  ['a header whose name is none', { 'x a': 'b' }, 200],
])('throws for %s, for the handler to respond to', (_name, headers, status) => {
  expect(() => toResponse(apolloResponse(headers, status), '{}', undefined, globalThis)).toThrow();
});

test.each(['\x01', '\x1f', '\x7f'])('throws for responseHeaders with the character %j', (character) => {
  const added = new Headers({ 'x-a': character });
  expect(() => toResponse(apolloResponse(), '{}', added, globalThis)).toThrow('Invalid header: x-a');
});

test('is built with the class it is given', () => {
  class OwnResponse extends Response {}
  expect(toResponse(apolloResponse(), '{}', undefined, { Response: OwnResponse })).toBeInstanceOf(OwnResponse);
  expect(toErrorResponse({ Response: OwnResponse })).toBeInstanceOf(OwnResponse);
});

test('tells nothing of a fault', async () => {
  const response = toErrorResponse(globalThis);
  expect(response.status).toBe(500);
  expect(Object.fromEntries(response.headers)).toEqual({
    'cache-control': 'no-store',
    'content-type': jsonType,
    'content-length': '95',
  });
  expect(await response.text()).toBe(
    '{"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}\n',
  );
});
