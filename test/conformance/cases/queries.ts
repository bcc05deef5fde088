import { expect } from 'vitest';
import { at, type Case, type Family, preflighted } from '../case.ts';

const url = 'WHATWG URL §5.1: application/x-www-form-urlencoded';
const helloWorld = '{"data":{"hello":"Hello, world!"}}\n';

/** A GET with exactly this query string, and the text of its response. */
function responds(name: string, rule: string, search: string, text: string): Case {
  return {
    name,
    rule,
    async run({ send }) {
      const response = await send({ target: `/graphql${search}`, headers: preflighted });
      expect(response.text).toBe(text);
      expect(response.status).toBe(200);
    },
  };
}

/** A GET with exactly this query string, and the message with which Apollo refuses it. */
function refused(name: string, rule: string, search: string, message: string): Case {
  return {
    name,
    rule,
    async run({ send }) {
      const response = await send({ target: `/graphql${search}`, headers: preflighted });
      expect(response.status).toBe(400);
      expect(response.header('content-type')).toBe('application/json; charset=utf-8');
      expect(at(response.json, 'errors', 0, 'message')).toContain(message);
    },
  };
}

const noQuery = 'GraphQL operations must contain a non-empty `query` or a `persistedQuery` extension.';
const specifiedOnce = "Apollo: a parameter 'may only be specified once'";
const echo = encodeURIComponent('query ($text: String) { echo(text: $text) }');

export const queries: Family = {
  name: 'query strings and targets',
  cases: [
    refused('no query string at all', 'GraphQL over HTTP, GET: query is required', '', noQuery),
    refused('an empty query string', 'GraphQL over HTTP, GET: query is required', '?', noQuery),
    refused('an empty query', 'GraphQL over HTTP, GET: query is required', '?query=', noQuery),
    refused('two queries', specifiedOnce, '?query={hello}&query={starts}', "The 'query' search parameter"),
    refused(
      'two operation names',
      specifiedOnce,
      '?query={hello}&operationName=A&operationName=B',
      "The 'operationName'",
    ),
    refused(
      'two sets of variables',
      specifiedOnce,
      '?query={hello}&variables=%7B%7D&variables=%7B%7D',
      "The 'variables'",
    ),
    refused(
      'two sets of extensions',
      specifiedOnce,
      '?query={hello}&extensions=%7B%7D&extensions=%7B%7D',
      "The 'extensions'",
    ),
    refused(
      'variables that are not JSON',
      'GraphQL over HTTP, GET: variables are JSON',
      '?query={hello}&variables=%7B',
      'contains invalid JSON',
    ),
    refused(
      'variables that are not an object',
      'GraphQL over HTTP, GET: variables are a map',
      '?query={hello}&variables=[1]',
      'should contain a JSON-encoded object',
    ),
    refused(
      'extensions that are not JSON',
      'GraphQL over HTTP, GET: extensions are JSON',
      '?query={hello}&extensions=nope',
      'contains invalid JSON',
    ),
    refused('a parameter name in another case', 'GraphQL over HTTP, GET: names are exact', '?Query={hello}', noQuery),
    responds('unknown parameters are ignored', 'GraphQL over HTTP, GET', '?a=1&query={hello}&b&=&a=2', helloWorld),
    responds('empty parameters are ignored', url, '?&&query={hello}&', helloWorld),
    responds('empty variables', 'GraphQL over HTTP, GET', '?query={hello}&variables=%7B%7D', helloWorld),
    responds('a plus is a space', url, '?query=query+A+{+hello+}&operationName=A', helloWorld),
    responds(
      'an encoded plus is a plus',
      url,
      '?query={hello(name:%22a%2Bb%22)}',
      '{"data":{"hello":"Hello, a+b!"}}\n',
    ),
    responds('percent-encoded names and values', url, '?%71uery=%7B%20hello%20%7D', helloWorld),
    responds('lower-case percent-encoding', url, '?query=%7b%20hello%20%7d', helloWorld),
    responds(
      'a question mark inside a literal',
      'RFC 3986 §3.4: the query begins at the first ?',
      '?query={hello(name:%22?%22)}',
      '{"data":{"hello":"Hello, ?!"}}\n',
    ),
    responds(
      'a slash inside a literal',
      'RFC 3986 §3.4: a query may hold a slash',
      '?query={hello(name:%22/a//b%22)}',
      '{"data":{"hello":"Hello, /a//b!"}}\n',
    ),
    responds(
      'an ampersand and an equals sign inside a literal',
      url,
      '?query={hello(name:%22a%26b%3Dc%22)}',
      '{"data":{"hello":"Hello, a&b=c!"}}\n',
    ),
    responds(
      'a raw equals sign inside a value',
      url,
      '?query={hello(name:%22a=b%22)}',
      '{"data":{"hello":"Hello, a=b!"}}\n',
    ),
    responds(
      'an encoded number sign',
      'RFC 3986 §3.5',
      '?query={hello(name:%22%23%22)}',
      '{"data":{"hello":"Hello, #!"}}\n',
    ),
    responds(
      'percent-encoded UTF-8',
      url,
      `?query=${encodeURIComponent('{ hello(name: "größe 日本 🦊") }')}`,
      '{"data":{"hello":"Hello, größe 日本 🦊!"}}\n',
    ),
    responds(
      'percent-encoded bytes that are not UTF-8',
      url,
      '?query={hello(name:%22%FF%22)}',
      '{"data":{"hello":"Hello, \u{fffd}!"}}\n',
    ),
    responds(
      'a percent sign that encodes nothing',
      url,
      '?query={hello(name:%22100%%22)}',
      '{"data":{"hello":"Hello, 100%!"}}\n',
    ),
    responds('a cut-off percent-encoding', url, '?query={hello}&a=%', helloWorld),
    responds(
      'a null byte',
      url,
      `?query=${echo}&variables=${encodeURIComponent('{"text":"a\\u0000b"}')}`,
      '{"data":{"echo":"a\\u0000b"}}\n',
    ),
    {
      name: 'a query string of 4,000 bytes arrives whole',
      rule: 'RFC 9110 §4.1: at least 8000 octets',
      async run({ get }) {
        const text = 'x'.repeat(4_000);
        const response = await get({ query: `{ echo(text: "${text}") }` });
        expect(at(response.json, 'data', 'echo')).toBe(text);
      },
    },
    {
      name: 'a target in absolute form',
      rule: 'RFC 9112 §3.2.2: a server must accept the absolute form',
      wire: true,
      async run({ send }) {
        const response = await send({ target: 'http://example.com/graphql?query={hello}', headers: preflighted });
        expect(response.text).toBe(helloWorld);
        expect(response.status).toBe(200);
      },
    },
    {
      name: 'a POST to a target in absolute form',
      rule: 'RFC 9112 §3.2.2: a server must accept the absolute form',
      wire: true,
      async run({ post }) {
        const response = await post({ query: '{ hello }' }, { to: 'http://example.com/graphql' });
        expect(response.text).toBe(helloWorld);
        expect(response.status).toBe(200);
      },
    },
    ...[
      'example.com',
      'EXAMPLE.com:80',
      '[::1]:4000',
      'xn--bcher-kva.example',
      'under_score.example',
      'example.com.',
    ].map(
      (host): Case => ({
        name: `Host: ${host}`,
        rule: 'RFC 9110 §7.2: any host name that the server is reached by',
        wire: true,
        async run({ get }) {
          const response = await get({ query: '{ hello }' }, { headers: { host } });
          expect(response.text).toBe(helloWorld);
          expect(response.status).toBe(200);
        },
      }),
    ),
    ...['', 'a b', 'example.com:99999', '[::1', '%', 'user@example.com', '<script>'].map(
      (host): Case => ({
        name: `Host: ${host || '(empty)'}`,
        rule: 'RFC 9112 §3.2: 400 for an invalid Host, or a response all the same',
        wire: true,
        async run({ get }) {
          const response = await get({ query: '{ hello }' }, { headers: { host } });
          expect([200, 400]).toContain(response.status);
          if (response.status === 200) expect(response.text).toBe(helloWorld);
        },
      }),
    ),
    // Logs, firewalls and caches see the request target. The query that they see must be the one that is executed.
    ...['a/graphql?query={echo(text:"forged")}&x=', 'a\\\\graphql?query={echo(text:"forged")}&x=', 'a/graphql#'].map(
      (host): Case => ({
        name: `a Host cannot replace the query: ${host}`,
        rule: 'RFC 9112 §3.3: the request target holds the query',
        wire: true,
        async run({ get }) {
          const response = await get({ query: '{ hello }' }, { headers: { host } });
          // The application responds with 404 if the path was replaced, too.
          expect([200, 400, 404]).toContain(response.status);
          if (response.status === 200) expect(response.text).toBe(helloWorld);
        },
      }),
    ),
    {
      name: 'a server is not harmed by an odd Host',
      rule: 'RFC 9112 §3.2',
      wire: true,
      async run({ get, post }) {
        await get({ query: '{ hello }' }, { headers: { host: '[::1' } });
        expect((await post({ query: '{ hello }' })).text).toBe(helloWorld);
      },
    },
  ],
};
