import { expect } from 'vitest';
import { at, type Case, type Family } from '../case.ts';

const rule = 'Apollo: CSRF prevention';
const body = JSON.stringify({ query: 'mutation { shout(text: "forged") }' });
const query = '/graphql?query={hello}';

interface Attempt {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly to?: string;
}

function blocked(name: string, { method, headers = {}, to }: Attempt): Case {
  return {
    name: `${name} is blocked`,
    rule,
    async run({ send }) {
      const response = await send(
        method === 'POST' ? { method, target: to ?? '/graphql', headers, body } : { target: to ?? query, headers },
      );
      expect(response.status).toBe(400);
      expect(response.header('content-type')).toBe('application/json; charset=utf-8');
      expect(at(response.json, 'errors', 0, 'message')).toContain('Cross-Site Request Forgery');
      expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('BAD_REQUEST');
    },
  };
}

function executed(name: string, { headers = {}, to = query }: Attempt): Case {
  return {
    name: `${name} is executed`,
    rule,
    async run({ send }) {
      const response = await send({ target: to, headers });
      expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      expect(response.status).toBe(200);
    },
  };
}

/** A POST that passes CSRF prevention but is not JSON. The body is not read, and Apollo responds with 400. */
function unread(contentType: string): Case {
  return {
    name: `a POST of ${contentType} is not blocked, and not executed either`,
    rule,
    async run({ send }) {
      const response = await send({
        method: 'POST',
        target: '/graphql',
        headers: { 'content-type': contentType },
        body,
      });
      expect(response.status).toBe(400);
      expect(at(response.json, 'errors', 0, 'message')).toBe(
        'POST body missing, invalid Content-Type, or JSON object has no keys.',
      );
    },
  };
}

const forms = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];

export const csrf: Family = {
  name: 'CSRF prevention',
  cases: [
    blocked('a plain GET', {}),
    executed('a GET with apollo-require-preflight', { headers: { 'apollo-require-preflight': '1' } }),
    executed('a GET with x-apollo-operation-name', { headers: { 'x-apollo-operation-name': 'A' } }),
    executed('a GET with a JSON content type', { headers: { 'content-type': 'application/json' } }),
    blocked('a GET with an empty apollo-require-preflight', { headers: { 'apollo-require-preflight': '' } }),
    blocked('a GET with some other header', { headers: { 'x-requested-with': 'XMLHttpRequest' } }),
    blocked('a POST without a content type', { method: 'POST' }),
    ...forms.flatMap((type) => [
      blocked(`a POST of ${type}`, { method: 'POST', headers: { 'content-type': type } }),
      blocked(`a GET of ${type}`, { headers: { 'content-type': type } }),
    ]),
    blocked('a POST of TEXT/PLAIN', { method: 'POST', headers: { 'content-type': 'TEXT/PLAIN' } }),
    blocked('a POST of text/plain; charset=utf-8', {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    }),
    blocked('a POST of text/plain; application/json', {
      method: 'POST',
      headers: { 'content-type': 'text/plain; application/json' },
    }),
    blocked('a GET of text/plain; charset="a\\"b"', { headers: { 'content-type': 'text/plain; charset="a\\"b"' } }),
    unread('application/xml'),
    unread('application/jsonp'),
    unread('not a type'),
    executed('anything where CSRF prevention is off', { to: '/no-csrf?query={hello}' }),
    {
      name: 'a GET of text/plain where CSRF prevention is off is a 415',
      rule: 'Apollo, GHSA-9q82-xgwf-vj6h: a GET has a JSON content type or none',
      async run({ send }) {
        const response = await send({ target: '/no-csrf?query={hello}', headers: { 'content-type': 'text/plain' } });
        expect(response.status).toBe(415);
      },
    },
    executed('a GET with the header of the server’s choice', {
      to: '/own-csrf-header?query={hello}',
      headers: { 'x-mine': '1' },
    }),
    blocked('a GET with the default header where the server chose another', {
      to: '/own-csrf-header?query={hello}',
      headers: { 'apollo-require-preflight': '1' },
    }),
  ],
};
