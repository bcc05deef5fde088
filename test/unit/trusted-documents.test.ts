import { ApolloServer, type ApolloServerOptions, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { describe, expect, test, vi } from 'vitest';
import { httpCache, type WebCache } from '../../src/http-cache.ts';
import { createFetchHandler, type FetchContextFunctionArgument, type FetchHandler } from '../../src/index.ts';
import { type TrustedDocumentsOptions, trustedDocuments } from '../../src/trusted-documents.ts';
import { createLogger } from '../apps/logger.ts';

const helloId = 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38';
const hello = 'query Hello { hello }';
const echo = 'query Echo($text: String) { echo(text: $text) }';
const documents = { [helloId]: hello, 'sha256:echo': echo };
const unknown = '{ hello }';
const preflight = { 'apollo-require-preflight': 'true' };

function setUp(
  options: Partial<TrustedDocumentsOptions<[]>> = {},
  apollo: Partial<ApolloServerOptions<BaseContext>> = {},
) {
  const seen = {
    parsed: vi.fn(),
    context: vi.fn(async (_argument: FetchContextFunctionArgument) => ({})),
    error: vi.fn(),
  };
  const cache = new InMemoryLRUCache<string>();
  const set = vi.spyOn(cache, 'set');
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String, echo(text: String): String } type Mutation { change: Int }',
    resolvers: { Query: { hello: () => 'world', echo: (_parent: unknown, { text }: { text: string }) => text } },
    cache,
    allowBatchedHttpRequests: true,
    plugins: [{ requestDidStart: async () => ({ parsingDidStart: async () => seen.parsed() }) }],
    logger: createLogger(seen.error),
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
  const get = (search: string) => send(new Request(`http://a.test/?${search}`, { headers: preflight }));
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
    ['an empty id', { documentId: '' }, 'BAD_REQUEST'],
    ['a prefix without a hash', { documentId: 'sha256:' }, 'BAD_REQUEST'],
    ['a long id', { documentId: 'x'.repeat(257) }, 'BAD_REQUEST'],
    ['an id outside ASCII', { documentId: 'é' }, 'BAD_REQUEST'],
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

  test('an unknown id as long as any, where a store limits its keys to 512 bytes', async () => {
    const find = vi.fn();
    const id = 'x'.repeat(256);
    const { post } = setUp({ documents: find });
    expect(await post({ documentId: id })).toMatchObject({ status: 400, code: 'PERSISTED_QUERY_NOT_IN_LIST' });
    expect(find.mock.calls).toEqual([[id], [`sha256:${id}`]]);
  });

  test('a known id with extensions by GET that cannot be written again', async () => {
    const { get, error } = setUp();
    const extensions = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(await get(`documentId=${helloId}&extensions=${extensions}`)).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect(error).not.toHaveBeenCalled();
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

test('allow decides on what is not trusted alone, and once for each request', async () => {
  const allow = vi.fn((request: Request) => request.headers.has('apollo-require-preflight'));
  const { post, get } = setUp({ allow });
  expect(await get(`documentId=${helloId}`)).toMatchObject({ status: 200 });
  expect(await post({ query: hello })).toMatchObject({ status: 200 });
  expect(allow).not.toHaveBeenCalled();
  expect(await get(`query=${encodeURIComponent(unknown)}`)).toMatchObject({ status: 200 });
  expect(await get(`documentId=x&query=${encodeURIComponent(unknown)}`)).toMatchObject({ status: 200 });
  expect(allow).toHaveBeenCalledTimes(2);
  const operation = { query: unknown };
  expect(await post([operation, { documentId: 'x' }, operation])).toMatchObject({ status: 400 });
  expect(allow).toHaveBeenCalledTimes(3);
});

describe('no cache may keep a response that allow let through', () => {
  const query = encodeURIComponent(unknown);
  const policies = { 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=60' };
  const setPolicies = (headers: Pick<Headers, 'set'>) => {
    for (const [name, value] of Object.entries(policies)) headers.set(name, value);
  };
  const byPlugin: ApolloServerPlugin = {
    requestDidStart: async () => ({ willSendResponse: async ({ response }) => setPolicies(response.http.headers) }),
  };

  test.for(['a plugin', 'the context function'])('whatever %s sets', async (owner) => {
    const { get, context } = setUp({ allow: () => true }, owner === 'a plugin' ? { plugins: [byPlugin] } : {});
    if (owner !== 'a plugin')
      context.mockImplementation(async ({ responseHeaders }) => ({ set: setPolicies(responseHeaders) }));
    const policiesOf = async (search: string) => {
      const { response } = await get(search);
      return Object.keys(policies).map((name) => response.headers.get(name));
    };
    expect(await policiesOf(`documentId=${helloId}`)).toEqual(Object.values(policies));
    expect(await policiesOf(`query=${query}`)).toEqual(['no-store', null]);
  });

  test('./http-cache neither stores nor shares it', async () => {
    const allow = (request: Request) => request.headers.has('x-developer');
    const { entries, cached } = withCache(setUp({ allow }, { plugins: [byPlugin] }).handler);
    const developer = { 'x-developer': '1' };
    // All have the same key. The first one executes, and the others wait for it.
    const responses = [developer, {}, developer, {}].map((headers) => cached(`query=${query}`, headers));
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual([200, 400, 200, 400]);
    expect(entries.size).toBe(0);
  });
});

/** Puts `./http-cache` with a cache in memory around a handler. */
function withCache(handler: FetchHandler<unknown[]>) {
  const entries = new Map<string, Response>();
  const cache: WebCache = {
    match: async (url) => entries.get(url)?.clone(),
    put: async (url, response) => void entries.set(url, response),
    delete: async (url) => entries.delete(url),
  };
  const inner = httpCache(handler, { cache });
  const cached = (search: string, headers = {}) =>
    inner(new Request(`http://a.test/?${search}`, { headers: { ...preflight, ...headers } }));
  return { entries, cached };
}

test('./http-cache keeps the responses to GETs by id, and mixes none of them with another', async () => {
  const { handler, get } = setUp({}, { plugins: [ApolloServerPluginCacheControl({ defaultMaxAge: 60 })] });
  const { cached } = withCache(handler);
  const text = encodeURIComponent(echo);
  const kept = [
    `documentId=${helloId}`,
    `documentId=sha256:${helloId}`,
    `%64ocumentId=${helloId}&variables={}`,
    `documentId=${helloId}&query=${encodeURIComponent(hello)}`,
    `extensions=${json(hash(helloId))}`,
    ...['a', 'b'].map((value) => `documentId=echo&variables=${json({ text: value })}`),
    ...['c', 'd'].map((value) => `query=${text}&variables=${json({ text: value })}`),
    ...['e', 'f'].map((value) => `extensions=${json(hash('echo'))}&variables=${json({ text: value })}`),
  ];
  const refused = ['x', 'constructor', `${helloId}&query=${text}`, `${helloId}&documentId=echo`, '', '&query={hello}'];
  for (const isSecond of [false, true]) {
    for (const search of [...kept, ...refused.map((id) => `documentId=${id}`)]) {
      const [{ status, result }, response] = [await get(search), await cached(search)];
      expect([response.status, await response.json()], search).toEqual([status, result]);
      expect(response.headers.has('age'), search).toBe(isSecond && status === 200);
    }
  }
});

test('allow and the function that finds documents get what the platform passes', async () => {
  const find = vi.fn((_id: string, _env: { name: string }) => null);
  const allow = vi.fn((_request: Request, _env: { name: string }) => false);
  const handler = createFetchHandler(new ApolloServer({ typeDefs: 'type Query { hello: String }' }), {
    documents: trustedDocuments({ documents: find, allow }),
  });
  const request = new Request('http://a.test/?documentId=x', { headers: preflight });
  expect((await handler(request, { name: 'env' })).status).toBe(400);
  expect(find).toHaveBeenCalledWith('x', { name: 'env' });
  expect(allow).toHaveBeenCalledExactlyOnceWith(request, { name: 'env' });
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
  ['a store with another type', { documents: () => Promise.resolve({} as string) }],
  ['allow', { allow: () => Promise.reject(new Error('secret')) }],
])('%s that throws is logged, and the client gets a 500 without its message', async ([, options]) => {
  const { post, error } = setUp(options);
  const { status, result } = await post({ documentId: 'x' });
  expect([status, JSON.stringify(result)]).toEqual([500, expect.not.stringMatching(/secret|document/)]);
  expect(error).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: expect.stringMatching(/^(secret|The document x must be a string.*)$/) }),
  );
});

test.for<[unknown, string]>([
  [{ a: 1 }, 'The document a must be a string. Received number.'],
  [{ format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: 'a' }] }, 'The document a must be'],
  [{ '': hello }, 'The id of a document must be a string of 1 to 256 visible ASCII characters. Received "".'],
  [new Map([[1, hello]]), 'The id of a document must be'],
  [undefined, 'documents must be'],
])('refuses %j at set-up', ([store, message]) => {
  expect(() => trustedDocuments({ documents: store as never })).toThrow(message);
});
