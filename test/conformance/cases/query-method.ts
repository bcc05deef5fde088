import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { at, type Client, type Family, fresh } from '../case.ts';
import type { Message } from '../http.ts';

const rfc = 'RFC 10008';
const draft = 'GraphQL over HTTP, proposed: QUERY';

const to = '/query-method';
const json = { 'content-type': 'application/json' };

const query = (client: Client, body: unknown, message: Partial<Message> = {}) =>
  client.send({
    method: 'QUERY',
    target: to,
    headers: json,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...message,
  });

const mutation = 'mutation { count }';
const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(mutation).digest('hex') };

export const queryMethod: Family = {
  name: 'QUERY',
  cases: [
    {
      name: 'QUERY executes a query like POST',
      rule: `${draft}: a server that supports QUERY supports application/json`,
      async run(client) {
        const body = { query: 'query Q($text: String) { echo(text: $text) }', variables: { text: 'größer' } };
        const asked = await query(client, body);
        const posted = await client.post(body, { to });
        expect([asked.status, asked.text]).toEqual([200, '{"data":{"echo":"größer"}}\n']);
        const named = ({ lines }: typeof asked) => lines.filter(([name]) => !['date', 'keep-alive'].includes(name));
        expect(named(asked)).toEqual(named(posted));
        expect(asked.header('accept-query')).toBe('application/json');
        const seen = await query(client, { query: '{ seen }' });
        expect(JSON.parse(String(at(seen.json, 'data', 'seen')))).toMatchObject({
          method: 'QUERY',
          body: { query: '{ seen }' },
        });
      },
    },
    {
      name: 'QUERY does not execute a mutation',
      rule: `${draft}: 422 for a mutation`,
      async run(client) {
        const target = fresh('query-method');
        const bodies = [
          { query: mutation },
          { query: `query Q { hello } mutation M { count }`, operationName: 'M' },
          { query: mutation, extensions: { persistedQuery } },
        ];
        for (const body of bodies) {
          const response = await query(client, body, { target });
          expect(response.status).toBe(422);
          expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('BAD_REQUEST');
        }
        // The text that was refused is not registered.
        const hashed = await client.post({ extensions: { persistedQuery } }, { to: target });
        expect(at(hashed.json, 'errors', 0, 'extensions', 'code')).toBe('PERSISTED_QUERY_NOT_FOUND');
        expect((await client.post({ query: '{ count }' }, { to: target })).json).toEqual({ data: { count: 0 } });
      },
    },
    {
      name: 'a mutation by QUERY is not executed as part of a batch, nor by its hash',
      rule: `${draft}: 422 for a mutation`,
      async run(client) {
        const target = fresh('query-method');
        await client.post({ query: mutation, extensions: { persistedQuery } }, { to: target });
        const batch = [{ query: '{ hello }' }, { query: mutation }, { extensions: { persistedQuery } }];
        const response = await query(client, batch, { target });
        expect(response.status).toBe(422);
        expect(at(response.json, 0, 'data')).toEqual({ hello: 'Hello, world!' });
        expect([at(response.json, 1, 'data'), at(response.json, 2, 'data')]).toEqual([undefined, undefined]);
        expect((await query(client, { extensions: { persistedQuery } }, { target })).status).toBe(422);
        expect((await client.post({ query: '{ count }' }, { to: target })).json).toEqual({ data: { count: 1 } });
      },
    },
    {
      name: 'QUERY opens a subscription',
      rule: 'GraphQL over Server-Sent Events, distinct connections mode',
      async run(client) {
        const headers = { ...json, accept: 'text/event-stream' };
        const response = await query(client, { query: 'subscription { ticks }' }, { headers });
        expect([response.status, response.text]).toEqual([200, expect.stringContaining('{"data":{"ticks":1}}')]);
      },
    },
    {
      name: 'QUERY without a content type is refused',
      rule: `${rfc} §2`,
      async run(client) {
        for (const headers of [{}, { 'apollo-require-preflight': 'true' }]) {
          expect((await query(client, { query: '{ hello }' }, { headers })).status).toBe(400);
        }
      },
    },
    {
      name: 'the body of a QUERY has the rules of POST',
      rule: `${rfc} §2`,
      async run(client) {
        const responses = [
          await query(client, '{"query":'),
          await query(client, { query: '{ hello }' }, { headers: { 'content-type': 'text/plain' } }),
          await query(client, { query: 'x'.repeat(10_000) }),
          await query(
            client,
            { query: '{ hello }' },
            { headers: { 'content-type': 'application/json; charset=utf-16' } },
          ),
        ];
        expect(responses.map(({ status }) => status)).toEqual([400, 400, 413, 415]);
        expect(responses.map((response) => response.header('accept-query'))).toEqual(Array(4).fill('application/json'));
      },
    },
    {
      name: 'OPTIONS and a method that is not allowed name QUERY',
      rule: `${rfc} §3`,
      async run({ send }) {
        const options = await send({ method: 'OPTIONS', target: to });
        expect([options.status, options.header('allow')]).toEqual([204, 'QUERY, GET, POST, OPTIONS']);
        expect(options.header('accept-query')).toBe('application/json');
        const put = await send({ method: 'HEAD', target: to, headers: json });
        expect([put.status, put.header('allow')]).toEqual([405, 'QUERY, GET, POST']);
      },
    },
    {
      name: 'without the option, QUERY is not allowed',
      rule: 'RFC 9110 §15.5.6',
      async run(client) {
        const response = await query(client, { query: '{ hello }' }, { target: '/graphql' });
        expect([response.status, response.header('allow')]).toEqual([405, 'GET, POST']);
        expect(response.header('accept-query')).toBeUndefined();
      },
    },
  ],
};
