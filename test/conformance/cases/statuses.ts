import { expect } from 'vitest';
import { type Case, type Client, direct, type Family, preflighted } from '../case.ts';
import type { ReceivedResponse } from '../http.ts';

const draft = 'GraphQL over HTTP, draft of 2026-08-06, Status Codes';
const to = '/statuses';
const accept = 'application/graphql-response+json';

type Headers = Readonly<Record<string, string>>;
type Ask = (client: Client, headers: Headers) => Promise<ReceivedResponse>;

/** A request whose status depends on the media type of its response. */
const status = (name: string, rule: string, expected: number, older: number, ...asks: readonly Ask[]): Case => ({
  name: `status ${expected} for ${name}`,
  rule: `${draft}: ${rule}`,
  async run(client) {
    for (const ask of asks) {
      const response = await ask(client, { accept });
      expect([response.status, response.header('content-type')]).toEqual([expected, `${accept}; charset=utf-8`]);
      const json = await ask(client, { accept: 'application/json' });
      expect([json.status, json.text]).toEqual([older, response.text]);
    }
  },
});

const post =
  (body: unknown, more: Headers = {}): Ask =>
  (client, headers) =>
    client.post(body, { to, headers: { ...more, ...headers } });
const get =
  (parameters: Readonly<Record<string, string>>): Ask =>
  (client, headers) =>
    client.get(parameters, { to, headers });
const directed = (directions: Parameters<typeof direct>[0], query: string) => post({ query }, direct(directions));

const typed = 'query Q($text: String!) { echo(text: $text) }';

export const statuses: Family = {
  name: 'statuses of the newest draft',
  cases: [
    status('data without errors', '200', 200, 200, post({ query: '{ hello }' }), get({ query: '{ hello }' })),
    status('data with errors', '294', 294, 200, post({ query: '{ hello crash }' }), get({ query: '{ crash }' })),
    status(
      'errors with data that is null',
      '294, even if data is null',
      294,
      200,
      post({ query: '{ long(length: -1) }' }),
    ),
    status(
      'JSON that does not parse',
      '400',
      400,
      400,
      post('{"query":'),
      post(''),
      get({ query: '{ hello }', variables: '{' }),
    ),
    status('a document that does not parse', '400', 400, 400, post({ query: '{' }), get({ query: '{' })),
    status('a document that is not valid', '422', 422, 400, post({ query: '{ nope }' }), get({ query: '{ nope }' })),
    status(
      'an operation that cannot be determined',
      '422',
      422,
      400,
      post({ query: 'query A { hello } query B { hello }' }),
      post({ query: 'query A { hello }', operationName: 'B' }),
    ),
    status(
      'variables that cannot be coerced',
      '422',
      422,
      400,
      post({ query: typed }),
      post({ query: typed, variables: { text: 1 } }),
    ),
    status(
      'a request that is not well-formed',
      '422',
      422,
      400,
      ...[{ qeury: '{ hello }' }, { query: { a: 1 } }, { query: '{ hello }', variables: [7] }, {}, 12].map((body) =>
        post(body),
      ),
      get({ operationName: 'A' }),
      get({ query: '{ hello }', variables: '[7]' }),
    ),
    status(
      'a media type that is not supported',
      '415',
      415,
      400,
      post('<query/>', { 'content-type': 'application/xml' }),
      post('{ hello }', { 'content-type': 'text/plain', ...preflighted }),
    ),
    {
      name: 'QUERY gets the same statuses',
      rule: draft,
      async run({ send }) {
        const query = (body: unknown, type = 'application/json') =>
          send({ method: 'QUERY', target: to, headers: { accept, 'content-type': type }, body: JSON.stringify(body) });
        const responses = [
          await query({ query: '{ hello crash }' }),
          await query({ query: '{ nope }' }),
          await query({}),
          await query({ query: 'mutation { count }' }),
          await query({ query: '{ hello }' }, 'application/xml'),
        ];
        expect(responses.map((response) => response.status)).toEqual([294, 422, 422, 422, 415]);
        expect(responses.at(-1)?.header('accept-query')).toBe('application/json');
      },
    },
    ...([200, 400, 503] as const).map((set) =>
      status(
        `what a plugin gives the status ${set}`,
        'a plugin decides',
        set,
        set,
        directed({ plugin: { status: set } }, '{ hello crash }'),
        directed({ plugin: { status: set } }, '{ nope }'),
      ),
    ),
    status(
      'what a resolver gives the status 404',
      'a resolver decides',
      404,
      404,
      post({ query: '{ hello refuse(status: 404) }' }),
    ),
    status(
      'a client that the context function refuses',
      '401',
      401,
      401,
      directed({ contextThrows: 'graphql-error' }, '{ hello }'),
    ),
    status('a context function that fails', '500', 500, 500, directed({ contextThrows: 'error' }, '{ hello }')),
    status(
      'a request that CSRF prevention refuses',
      '4xx',
      400,
      400,
      post('{ hello }', { 'content-type': 'text/plain' }),
    ),
    status('a body that is too large', '413', 413, 413, post({ query: 'x'.repeat(10_000) })),
    status(
      'a batch, whose operations share it',
      'no rule',
      400,
      400,
      post([{ query: '{ hello }' }, { query: '{ nope }' }]),
    ),
    status(
      'a hash that is not registered',
      'Apollo’s persisted queries',
      200,
      200,
      post({
        extensions: { persistedQuery: { version: 1, sha256Hash: 'unknown' } },
      }),
    ),
  ],
};
