import { ApolloServer, type ApolloServerOptions, type BaseContext } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { describe, expect, test, vi } from 'vitest';
import { createFetchHandler } from '../../src/index.ts';
import { type TrustedDocumentsOptions, trustedDocuments } from '../../src/trusted-documents.ts';

const helloId = 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38';
const hello = 'query Hello { hello }';
const echo = 'query Echo($text: String) { echo(text: $text) }';
const documents = { [helloId]: hello, 'sha256:echo': echo };
const unknown = '{ hello }';

function setUp(
  options: Partial<TrustedDocumentsOptions<[]>> = {},
  apollo: Partial<ApolloServerOptions<BaseContext>> = {},
) {
  const seen = { parsed: vi.fn(), context: vi.fn(async () => ({})), error: vi.fn() };
  const cache = new InMemoryLRUCache<string>();
  const set = vi.spyOn(cache, 'set');
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String, echo(text: String): String } type Mutation { change: Int }',
    resolvers: { Query: { hello: () => 'world', echo: (_parent: unknown, { text }: { text: string }) => text } },
    cache,
    allowBatchedHttpRequests: true,
    plugins: [{ requestDidStart: async () => ({ parsingDidStart: async () => seen.parsed() }) }],
    logger: { debug() {}, info() {}, warn() {}, error: seen.error },
    includeStacktraceInErrorResponses: false,
    ...apollo,
  } as ApolloServerOptions<BaseContext>);
  const handler = createFetchHandler(server, {
    documents: trustedDocuments({ documents, ...options }),
    context: seen.context,
  });

  async function send(request: Request) {
    const response = await handler(request);
    const result = await response.json();
    const errors: { extensions: { code: string } }[] | undefined = result.errors;
    return { status: response.status, data: result.data, code: errors?.[0]?.extensions.code, result, response };
  }
  const post = (body: unknown) =>
    send(
      new Request('http://a.test/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const get = (search: string) =>
    send(new Request(`http://a.test/?${search}`, { headers: { 'apollo-require-preflight': 'true' } }));
  return { handler, post, get, set, ...seen };
}

const hash = (sha256Hash: unknown) => ({ persistedQuery: { version: 1, sha256Hash } });
const json = (value: unknown) => encodeURIComponent(JSON.stringify(value));

describe('an operation is executed', () => {
  const world = { hello: 'world' };
  test.for<[string, unknown, unknown]>([
    ['documentId', { documentId: helloId }, world],
    ['documentId with a prefix', { documentId: `sha256:${helloId}` }, world],
    [
      'documentId without the prefix that its document has',
      { documentId: 'echo', variables: { text: 'a' } },
      { echo: 'a' },
    ],
    ['the hash of an Apollo client', { extensions: hash(helloId), query: null }, world],
    ['an id and its own text', { extensions: hash(helloId), query: hello }, world],
    ['a known text', { query: hello, operationName: 'Hello' }, world],
  ])('by %s', async ([, body, data]) => {
    expect(await setUp().post(body)).toMatchObject({ status: 200, data });
  });

  test.for<[string, string, unknown]>([
    ['documentId', `documentId=${helloId}`, world],
    ['an encoded documentId', `%64ocumentId=${helloId}&operationName=Hello`, world],
    ['variables', `documentId=echo&variables=${json({ text: 'é&+' })}`, { echo: 'é&+' }],
    ['the hash of an Apollo client', `extensions=${json({ ...hash(helloId), other: 1 })}`, world],
    ['a known text', `query=${encodeURIComponent(hello)}`, world],
  ])('by GET with %s', async ([, search, data]) => {
    expect(await setUp().get(search)).toMatchObject({ status: 200, data });
  });

  test.for<[string, TrustedDocumentsOptions<[]>['documents']]>([
    ['a Map', new Map([[helloId, hello]])],
    [
      "Apollo's manifest",
      { format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: helloId, body: hello }] },
    ],
    ['a function', (id) => (id === helloId ? hello : undefined)],
    ['a function that returns a promise', async (id) => (id === helloId ? hello : null)],
  ])('from %s', async ([, store]) => {
    const { post } = setUp({ documents: store });
    expect(await post({ documentId: helloId })).toMatchObject({ status: 200, data: world });
    expect(await post({ documentId: 'other' })).toMatchObject({ status: 400, code: 'PERSISTED_QUERY_NOT_IN_LIST' });
  });

  test('and a plugin and the context function see its text, and not its id', async () => {
    const { post, context } = setUp();
    await post({ documentId: 'echo', extensions: { other: 1 }, variables: {} });
    expect(context.mock.lastCall).toMatchObject([{ body: { query: echo, extensions: { other: 1 }, variables: {} } }]);
    expect(context.mock.lastCall).not.toHaveProperty('0.body.documentId');
  });
});

describe('an operation is refused with 400, unparsed and without a context', () => {
  const text = encodeURIComponent(unknown);
  test.for<[string, unknown, string]>([
    ['an unknown text', { query: unknown }, 'QUERY_NOT_IN_SAFELIST'],
    ['an empty text', { query: '' }, 'QUERY_NOT_IN_SAFELIST'],
    ['an unknown id', { documentId: 'x' }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    ['an unknown hash with its text', { extensions: hash('x'), query: unknown }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    ['a known id and another text', { documentId: helloId, query: unknown }, 'CANNOT_SEND_PQ_ID_AND_BODY'],
    ['two ids', { documentId: helloId, extensions: hash(helloId) }, 'BAD_REQUEST'],
    ['an inherited name', { documentId: 'constructor' }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    ['the name of the prototype', { documentId: '__proto__' }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    ['a list as its id', { documentId: [helloId] }, 'BAD_REQUEST'],
    ['a number as its id', { documentId: 1 }, 'BAD_REQUEST'],
    ['an object as its hash', { extensions: hash({ toString: 1 }) }, 'BAD_REQUEST'],
    ['no hash', { extensions: { persistedQuery: { version: 1 } } }, 'BAD_REQUEST'],
    ['a text as its extension', { extensions: { persistedQuery: helloId } }, 'BAD_REQUEST'],
    ['a long id', { documentId: 'x'.repeat(513) }, 'BAD_REQUEST'],
    ['a batch with one unknown text', [{ documentId: helloId }, { query: unknown }], 'QUERY_NOT_IN_SAFELIST'],
    ['extensions that are a text', { query: unknown, extensions: '{}' }, 'QUERY_NOT_IN_SAFELIST'],
    // Apollo Server itself refuses these.
    ['a query that is none', { query: { kind: 'Document' } }, 'BAD_REQUEST'],
    ['a batch in a batch', [[{ query: unknown }]], 'BAD_REQUEST'],
  ])('%s', async ([, body, code]) => {
    const { post, parsed, set, error } = setUp();
    const { status, code: actual, data } = await post(body);
    expect({ status, code: actual, data }).toEqual({ status: 400, code, data: undefined });
    expect([parsed, set, error].map((spy) => spy.mock.calls)).toEqual([[], [], []]);
  });

  test.for<[string, string]>([
    [`query=${text}`, 'QUERY_NOT_IN_SAFELIST'],
    [`%71uery=${text}`, 'QUERY_NOT_IN_SAFELIST'],
    [`query=${encodeURIComponent(hello)}&query=${text}`, 'BAD_REQUEST'],
    [`documentId=${helloId}&query=${text}`, 'CANNOT_SEND_PQ_ID_AND_BODY'],
    [`documentId=x`, 'PERSISTED_QUERY_NOT_IN_LIST'],
    [`documentId=${helloId}&documentId=x`, 'BAD_REQUEST'],
    [`extensions=${json(hash('x'))}`, 'PERSISTED_QUERY_NOT_IN_LIST'],
    [`extensions=%7B`, 'BAD_REQUEST'],
    [`documentId=${helloId}&extensions=${json(hash('x'))}`, 'BAD_REQUEST'],
  ])('GET %s', async ([search, code]) => {
    const { get, parsed, set, context } = setUp();
    expect(await get(search)).toMatchObject({ status: 400, code });
    expect([parsed, set, context].map((spy) => spy.mock.calls)).toEqual([[], [], []]);
  });

  test('any text, where a function finds documents by their ids', async () => {
    const { post } = setUp({ documents: () => hello });
    expect(await post({ query: hello })).toMatchObject({ status: 400, code: 'PERSISTED_QUERY_ID_REQUIRED' });
  });

  test('as Apollo refuses: formatError and Accept apply', async () => {
    const { handler } = setUp({}, { formatError: (formatted) => ({ ...formatted, message: 'hidden' }) });
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
    const body = JSON.stringify({ query: unknown });
    const response = await handler(new Request('http://a.test/', { method: 'POST', headers, body }));
    expect(response.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    expect(await response.text()).toBe(
      '{"errors":[{"message":"hidden","extensions":{"code":"QUERY_NOT_IN_SAFELIST"}}]}\n',
    );
  });

  test('after CSRF prevention', async () => {
    const find = vi.fn();
    const { handler } = setUp({ documents: find });
    expect((await handler(new Request('http://a.test/?documentId=x'))).status).toBe(400);
    expect(find).not.toHaveBeenCalled();
  });
});

test('a client that sends a refused text again does not find it registered', async () => {
  const { post } = setUp();
  const sha256Hash = '0'.repeat(64);
  for (let i = 0; i < 2; i++) {
    const { result } = await post({ extensions: hash(sha256Hash), ...(i === 0 && { query: unknown }) });
    // At these messages, Apollo Client and urql send the text.
    expect(JSON.stringify(result)).not.toMatch(
      /PersistedQueryNot(Found|Supported)|PERSISTED_QUERY_NOT_(FOUND|SUPPORTED)/,
    );
  }
});

test('allow decides on what is not trusted alone, and no cache may keep the response', async () => {
  const allow = vi.fn((request: Request) => request.headers.has('apollo-require-preflight'));
  const { post, get } = setUp({ allow }, { plugins: [ApolloServerPluginCacheControl({ defaultMaxAge: 60 })] });
  const trusted = await get(`documentId=${helloId}`);
  expect([trusted.status, trusted.response.headers.get('cache-control')]).toEqual([200, 'max-age=60, public']);
  expect(await post({ query: hello })).toMatchObject({ status: 200 });
  expect(allow).not.toHaveBeenCalled();
  for (const search of [`query=${encodeURIComponent(unknown)}`, `documentId=x&query=${encodeURIComponent(unknown)}`]) {
    const allowed = await get(search);
    expect([allowed.status, allowed.response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  }
  expect(await post({ query: unknown })).toMatchObject({ status: 400 });
});

test.for<[string, Partial<TrustedDocumentsOptions<[]>>]>([
  [
    'a store',
    {
      documents: () => {
        throw new Error('secret');
      },
    },
  ],
  ['a store by a promise', { documents: async () => Promise.reject(new Error('secret')) }],
  ['allow', { allow: () => Promise.reject(new Error('secret')) }],
])('%s that throws is logged, and the client gets a 500 without its message', async ([, options]) => {
  const { post, error } = setUp(options);
  const { status, result } = await post({ documentId: 'x' });
  expect([status, JSON.stringify(result)]).toEqual([500, expect.not.stringContaining('secret')]);
  expect(error).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'secret' }));
});

test.for<[unknown, string]>([
  [{ a: 1 }, 'The document a must be a text. Received number.'],
  [
    { format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: 'a' }] },
    'The document a must be a text',
  ],
  [undefined, 'documents must be'],
])('refuses %j at set-up', ([store, message]) => {
  expect(() => trustedDocuments({ documents: store as never })).toThrow(message);
});
