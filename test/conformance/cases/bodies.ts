import { expect } from 'vitest';
import { at, type Case, type Family } from '../case.ts';
import type { ReceivedResponse } from '../http.ts';

const spec = 'GraphQL over HTTP, JSON encoding';
const tooLarge = 'RFC 9110 §15.5.14: 413';

function expectBadRequest(response: ReceivedResponse, status: number, message?: string): void {
  expect(response.status).toBe(status);
  expect(response.header('content-type')).toBe('application/json; charset=utf-8');
  expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('BAD_REQUEST');
  if (message !== undefined) expect(at(response.json, 'errors', 0, 'message')).toBe(message);
}

function malformed(what: string, body: string): Case {
  return {
    name: `${what} is malformed JSON`,
    rule: spec,
    async run({ post }) {
      expectBadRequest(await post(body), 400, 'Invalid JSON in the request body.');
    },
  };
}

/** An empty body, or well-formed JSON that is not a GraphQL request. Apollo's own checks refuse it. */
function noRequest(body: string): Case {
  return {
    name: `${body || 'an empty body'} is not a GraphQL request`,
    rule: spec,
    async run({ post }) {
      expectBadRequest(await post(body), 400);
    },
  };
}

function encoded(encoding: string, status: number): Case {
  return {
    name: `a body with content-encoding ${encoding} gets ${status}`,
    rule: 'RFC 9110 §15.5.16: 415 for a content coding that is not supported',
    async run({ post }) {
      const response = await post({ query: '{ hello }' }, { headers: { 'content-encoding': encoding } });
      if (status === 200) expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      else expectBadRequest(response, status);
    },
  };
}

/** Returns the request body of a query, with the given length in bytes. */
function bodyOfLength(length: number): string {
  const frame = JSON.stringify({ query: 'query ($text: String) { echo(text: $text) }', variables: { text: '' } });
  return frame.replace('"text":""', `"text":"${'x'.repeat(length - frame.length)}"`);
}

const invalidUTF8 = Buffer.concat([
  Buffer.from('{"query":"{ echo(text: \\"'),
  Buffer.of(0xff, 0xc3),
  Buffer.from('\\") }"}'),
]);

export const bodies: Family = {
  name: 'bodies',
  cases: [
    malformed('a lone brace', '{'),
    malformed('a trailing comma', '{"query":"{ hello }",}'),
    malformed('an unquoted key', '{query:"{ hello }"}'),
    malformed('a NaN', '{"query":"{ hello }","variables":{"a":NaN}}'),
    malformed('a raw line feed in a string', '{"query":"{\n hello }"}'),
    malformed('a GraphQL document', '{ hello }'),
    malformed('a second value', '{"query":"{ hello }"}{}'),
    malformed('white space', '  \n'),
    noRequest(''),
    noRequest('null'),
    noRequest('true'),
    noRequest('12'),
    noRequest('"{ hello }"'),
    noRequest('[]'),
    noRequest('{}'),
    noRequest('{"variables":{}}'),
    noRequest('{"query":1}'),
    noRequest('{"query":null}'),
    noRequest('{"query":"{ hello }","variables":"{}"}'),
    noRequest('{"query":"{ hello }","variables":[]}'),
    noRequest('{"query":"{ hello }","extensions":"{}"}'),
    noRequest('{"query":"{ hello }","extensions":[]}'),
    noRequest('{"query":"{ hello }","operationName":1}'),
    {
      name: 'a null for variables, extensions and operationName is as good as none',
      rule: spec,
      async run({ post }) {
        const response = await post({ query: '{ hello }', variables: null, extensions: null, operationName: null });
        expect(response.status).toBe(200);
      },
    },
    {
      name: 'unknown keys are ignored',
      rule: 'GraphQL over HTTP, Request parameters: other keys are reserved',
      async run({ post }) {
        const response = await post({ query: '{ hello }', id: 1, __proto__: { query: 1 }, constructor: {} });
        expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
    {
      name: 'text outside ASCII arrives as it was sent',
      rule: spec,
      async run({ post }) {
        const text = 'größe 日本 🦊 \u{10ffff} \u0000 \u2028';
        const response = await post({ query: 'query ($text: String) { echo(text: $text) }', variables: { text } });
        expect(at(response.json, 'data', 'echo')).toBe(text);
      },
    },
    {
      name: 'a byte order mark is skipped',
      rule: 'RFC 8259 §8.1: a parser may ignore a byte order mark',
      async run({ post }) {
        const response = await post('\u{feff}{"query":"{ hello }"}');
        expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
    {
      name: 'bytes that are not UTF-8 are refused, not replaced',
      rule: 'RFC 8259 §8.1: JSON is UTF-8',
      async run({ post }) {
        expectBadRequest(await post(invalidUTF8), 400, 'The request body is not valid UTF-8.');
      },
    },
    encoded('identity', 200),
    encoded('IDENTITY', 200),
    encoded('gzip', 415),
    encoded('br', 415),
    encoded('gzip, identity', 415),
    {
      name: 'a body of maxBodyBytes is read',
      rule: 'maxBodyBytes',
      async run({ post }) {
        const body = bodyOfLength(10_000);
        expect(body).toHaveLength(10_000);
        expect((await post(body)).status).toBe(200);
      },
    },
    {
      name: 'a body of a byte more is not',
      rule: tooLarge,
      async run({ post }) {
        expectBadRequest(await post(bodyOfLength(10_001)), 413, 'The request body is larger than 10000 bytes.');
      },
    },
    {
      name: 'bytes are counted, not characters',
      rule: 'maxBodyBytes',
      async run({ post }) {
        const body = bodyOfLength(9_000).replaceAll('xx', 'é');
        expect((await post(body)).status).toBe(200);
        expectBadRequest(await post(bodyOfLength(9_000).replaceAll('x', 'é')), 413);
      },
    },
    {
      name: 'a chunked body is read',
      rule: 'RFC 9112 §6.3: a body without a content-length',
      wire: true,
      async run({ post }) {
        const response = await post({ query: '{ hello }' }, { headers: { 'transfer-encoding': 'chunked' } });
        expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
    {
      name: 'a chunked body over maxBodyBytes is refused',
      rule: tooLarge,
      wire: true,
      async run({ post }) {
        const response = await post(bodyOfLength(10_001), { headers: { 'transfer-encoding': 'chunked' } });
        expectBadRequest(response, 413);
      },
    },
    {
      name: 'a request that CSRF prevention refuses is not read',
      rule: "Apollo's CSRF prevention comes first",
      async run({ post }) {
        const response = await post('{', { headers: { 'content-type': 'text/plain' } });
        expect(at(response.json, 'errors', 0, 'message')).toContain('Cross-Site Request Forgery');
      },
    },
    {
      name: 'a body that was read before the handler saw it is the server’s fault',
      rule: 'Fetch §5.3: a body is read once',
      async run({ post }) {
        const response = await post({ query: '{ hello }' }, { to: '/consumed' });
        expect(response.status).toBe(500);
        expect(response.text).toBe(
          '{"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}\n',
        );
      },
    },
    {
      name: 'formatError sees the errors of a body too',
      rule: "Apollo's integration guide: errors travel through Apollo",
      async run({ post }) {
        const response = await post('{', { to: '/format-error' });
        expect(response.status).toBe(400);
        expect(response.text).toBe('{"errors":[{"message":"Formatted: Invalid JSON in the request body."}]}\n');
      },
    },
  ],
};
