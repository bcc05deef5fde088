import { expect } from 'vitest';
import { type Client, type Family, preflighted } from '../case.ts';

const spec = 'GraphQL over HTTP';

export const methods: Family = {
  name: 'methods',
  cases: [
    {
      name: 'GET executes a query',
      rule: `${spec}, GET`,
      async run({ get }) {
        const response = await get({ query: '{ hello }' });
        expect(response.status).toBe(200);
        expect(response.header('content-type')).toBe('application/json; charset=utf-8');
        expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
    {
      name: 'GET takes variables, operationName and extensions',
      rule: `${spec}, GET`,
      async run({ get }) {
        const response = await get({
          query: 'query A { hello } query B($name: String) { hello(name: $name) }',
          operationName: 'B',
          variables: '{"name":"Ada"}',
          extensions: '{"trace":true}',
        });
        expect(response.status).toBe(200);
        expect(response.text).toBe('{"data":{"hello":"Hello, Ada!"}}\n');
      },
    },
    {
      name: 'GET does not execute a mutation',
      rule: `${spec}, GET: 405 for a mutation`,
      async run({ get }) {
        const response = await get({ query: 'mutation { shout(text: "a") }' });
        expect(response.status).toBe(405);
        expect(response.header('allow')).toBe('POST');
      },
    },
    {
      name: 'POST executes a query',
      rule: `${spec}, POST`,
      async run({ post }) {
        const response = await post({ query: '{ hello }' });
        expect(response.status).toBe(200);
        expect(response.header('content-type')).toBe('application/json; charset=utf-8');
        expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
    {
      name: 'POST executes a mutation',
      rule: `${spec}, POST`,
      async run({ post }) {
        const response = await post({
          query: 'mutation Shout($text: String!) { shout(text: $text) }',
          operationName: 'Shout',
          variables: { text: 'größer' },
        });
        expect(response.status).toBe(200);
        expect(response.text).toBe('{"data":{"shout":"GRÖSSER"}}\n');
      },
    },
    {
      name: 'POST takes nothing from the query string',
      rule: `${spec}, POST: parameters are in the body`,
      async run({ post }) {
        const response = await post(
          { operationName: 'A' },
          { to: `/graphql?query=${encodeURIComponent('{ hello }')}` },
        );
        expect(response.status).toBe(400);
      },
    },
    ...['PUT', 'PATCH', 'DELETE'].map((method) => ({
      name: `${method} is not allowed`,
      rule: 'RFC 9110 §15.5.6: 405 lists what is allowed',
      async run({ send }: Client) {
        const response = await send({ method, target: '/graphql', headers: preflighted });
        expect(response.status).toBe(405);
        expect(response.header('allow')).toBe('GET, POST');
      },
    })),
    {
      name: 'OPTIONS says what is allowed, without a body',
      rule: 'RFC 9110 §9.3.7',
      async run({ send }) {
        for (const target of ['/graphql', '/failed-start']) {
          const response = await send({ method: 'OPTIONS', target });
          expect(response.status).toBe(204);
          expect(response.header('allow')).toBe('GET, POST, OPTIONS');
          expect(response.bytes).toHaveLength(0);
        }
      },
    },
    {
      name: 'HEAD gets no body',
      rule: 'RFC 9110 §9.3.2',
      wire: true,
      async run({ send }) {
        const response = await send({ method: 'HEAD', target: '/graphql?query={hello}', headers: preflighted });
        expect(response.status).toBe(405);
        expect(response.header('allow')).toBe('GET, POST');
        expect(response.bytes).toHaveLength(0);
      },
    },
  ],
};
