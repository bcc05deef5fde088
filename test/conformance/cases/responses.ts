import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { Directions } from '../../apps/conformance.ts';
import { at, type Case, direct, type Family } from '../case.ts';

const plugins = "Apollo's integration guide: HTTPGraphQLHead";
const errors = 'Apollo: extensions.http of an error';
const headers = 'responseHeaders';

function nullBody(status: number): Case {
  return {
    name: `a plugin’s ${status} has no body`,
    rule: 'Fetch §2.2.3: null body status',
    async run({ post }) {
      const response = await post({ query: '{ hello }' }, { headers: direct({ plugin: { status } }) });
      expect(response.status).toBe(status);
      expect(response.bytes).toHaveLength(0);
    },
  };
}

function complete(name: string, query: string, status: number): Case {
  return {
    name: `${name} has a content-length`,
    rule: "RFC 9110 §8.6, Apollo's integration test suite",
    wire: true,
    async run({ post }) {
      const response = await post({ query });
      expect(response.status).toBe(status);
      expect(response.bytes.length).toBeGreaterThan(0);
      expect(response.all('content-length')).toEqual([String(response.bytes.length)]);
      expect(response.header('transfer-encoding')).toBeUndefined();
    },
  };
}

const fault = '{"errors":[{"message":"Internal server error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}\n';

/** A status or header that no server can send must neither crash the server nor prevent a response. */
function unsendable(name: string, directions: Directions): Case {
  return {
    name: `${name} gets 500`,
    rule: 'The handler never rejects',
    async run({ post }) {
      const response = await post({ query: '{ hello }' }, { headers: direct(directions) });
      expect(response.status).toBe(500);
      expect(response.header('content-type')).toBe('application/json; charset=utf-8');
      expect(response.text).toBe(fault);
    },
  };
}

const hostHeaders = {
  connection: 'upgrade',
  'content-length': '3',
  'keep-alive': 'timeout=1000',
  te: 'gzip',
  trailer: 'x-a',
  'transfer-encoding': 'gzip',
  upgrade: 'h2c',
};

/** Code that copies the headers of an upstream copies these too. */
function framed(name: string, directions: Directions): Case {
  return {
    name: `the connection and the framing are the host’s, whatever ${name}`,
    rule: 'RFC 9110 §7.6.1 and §8.6, RFC 9112 §6',
    async run({ post }) {
      const response = await post({ query: '{ hello }' }, { headers: direct(directions) });
      expect(response.status).toBe(200);
      expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      // A host that sends the body in chunks declares no length.
      for (const length of response.all('content-length')) expect(length).toBe('35');
      for (const [name, value] of Object.entries(hostHeaders)) expect(response.header(name)).not.toBe(value);
    },
  };
}

export const responses: Family = {
  name: 'responses',
  cases: [
    ...[201, 202, 301, 400, 401, 418, 451, 500, 503, 599].map(
      (status): Case => ({
        name: `a plugin’s ${status} is the status`,
        rule: plugins,
        async run({ post }) {
          const response = await post({ query: '{ hello }' }, { headers: direct({ plugin: { status } }) });
          expect(response.status).toBe(status);
          expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
        },
      }),
    ),
    nullBody(204),
    nullBody(205),
    nullBody(304),
    {
      name: 'a plugin’s headers are sent',
      rule: plugins,
      async run({ post }) {
        const plugin = { headers: { 'X-Cased': 'Value', 'cache-control': 'max-age=60' } };
        const response = await post({ query: '{ hello }' }, { headers: direct({ plugin }) });
        expect(response.header('x-cased')).toBe('Value');
        expect(response.header('cache-control')).toBe('max-age=60');
      },
    },
    {
      name: 'a plugin’s header in Latin-1 is sent',
      rule: 'Fetch §2.2.2: a header value is a byte sequence, one byte a character',
      async run({ post }) {
        const plugin = { headers: { 'x-latin': 'größe' } };
        const response = await post({ query: '{ hello }' }, { headers: direct({ plugin }) });
        expect(response.header('x-latin')).toBe('größe');
      },
    },
    {
      name: 'a plugin’s content-type replaces Apollo’s',
      rule: plugins,
      async run({ post }) {
        const plugin = { headers: { 'content-type': 'application/x-mine' } };
        const response = await post({ query: '{ hello }' }, { headers: direct({ plugin }) });
        expect(response.all('content-type')).toEqual(['application/x-mine']);
      },
    },
    unsendable('a plugin’s status 1000', { plugin: { status: 1000 } }),
    unsendable('a plugin’s status 99', { plugin: { status: 99 } }),
    ...(
      [
        ['with a line break', 'x-injected', 'a\r\nset-cookie: b=c'],
        ['with a control character', 'x-name', 'a\x01b'],
        ['with a space in its name', 'x y', 'z'],
        ['outside Latin-1', 'x-name', '日本'],
        ['that is null', 'x-name', null],
      ] as const
    ).map(([what, name, value]) => unsendable(`a plugin’s header ${what}`, { plugin: { headers: { [name]: value } } })),
    unsendable('a control character in responseHeaders', { responseHeaders: [['x-name', 'a\x01b']] }),
    {
      name: 'a connection goes on after a header that cannot be sent',
      rule: 'RFC 9112 §9.3: persistence',
      wire: true,
      async run({ open }) {
        const { 'x-test': directions } = direct({ responseHeaders: [['x-name', 'a\x01b']] });
        const get = 'GET /graphql?query={hello} HTTP/1.1\r\nhost: localhost\r\napollo-require-preflight: 1\r\n';
        const socket = await open(`${get}x-test: ${directions}\r\n\r\n${get}connection: close\r\n\r\n`);
        const received = await text(socket);
        expect(received.match(/^HTTP\/1.1 \d+/gm)).toEqual(['HTTP/1.1 500', 'HTTP/1.1 200']);
        expect(received).toContain(fault);
        expect(received).toContain('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
    framed('a plugin sets', { plugin: { headers: hostHeaders } }),
    framed('responseHeaders say', { responseHeaders: Object.entries(hostHeaders) }),
    {
      name: 'an error’s status and header are sent',
      rule: errors,
      async run({ post }) {
        const response = await post({ query: '{ refuse(status: 403, header: "yes") }' });
        expect(response.status).toBe(403);
        expect(response.header('x-refused')).toBe('yes');
        expect(at(response.json, 'errors', 0, 'extensions')).toEqual({ code: 'REFUSED' });
      },
    },
    {
      name: 'an error’s header alone leaves the status',
      rule: errors,
      async run({ post }) {
        const response = await post({ query: '{ refuse(header: "yes") }' });
        expect(response.status).toBe(200);
        expect(response.header('x-refused')).toBe('yes');
        expect(at(response.json, 'data')).toEqual({ refuse: null });
      },
    },
    {
      name: 'a field that throws gives its message, and no more',
      rule: 'GraphQL §7.1.2: errors',
      async run({ post }) {
        const response = await post({ query: '{ crash }' });
        expect(response.status).toBe(200);
        expect(response.json).toEqual({
          errors: [
            {
              message: 'Crashed',
              locations: [{ line: 1, column: 3 }],
              path: ['crash'],
              extensions: { code: 'INTERNAL_SERVER_ERROR' },
            },
          ],
          data: { crash: null },
        });
      },
    },
    {
      name: 'several cookies are several lines',
      rule: 'RFC 6265 §3: cookies are not folded into one line',
      async run({ post }) {
        const cookies = ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT; HttpOnly'];
        const directions = direct({ responseHeaders: cookies.map((cookie) => ['set-cookie', cookie] as const) });
        const response = await post({ query: '{ hello }' }, { headers: directions });
        expect(response.all('set-cookie')).toEqual(cookies);
      },
    },
    {
      name: 'an array of a plugin’s cookies is several lines',
      rule: 'RFC 6265 §3: cookies are not folded into one line',
      async run({ post }) {
        const plugin = { headers: { 'set-cookie': ['a=1', 'b=2'], 'x-number': 5 } };
        const response = await post({ query: '{ hello }' }, { headers: direct({ plugin }) });
        expect(response.all('set-cookie')).toEqual(['a=1', 'b=2']);
        expect(response.header('x-number')).toBe('5');
      },
    },
    {
      name: 'a plugin’s cookie is sent beside those of responseHeaders',
      rule: headers,
      async run({ post }) {
        const directions = direct({
          plugin: { headers: { 'set-cookie': 'plugin=1' } },
          responseHeaders: [['set-cookie', 'context=1']],
        });
        const response = await post({ query: '{ hello }' }, { headers: directions });
        expect(response.all('set-cookie').sort()).toEqual(['context=1', 'plugin=1']);
      },
    },
    {
      name: 'responseHeaders are sent, a value appended after another',
      rule: headers,
      async run({ post }) {
        const directions = direct({
          responseHeaders: [
            ['x-mine', 'a'],
            ['X-Mine', 'b'],
          ],
        });
        const response = await post({ query: '{ hello }' }, { headers: directions });
        expect(response.header('x-mine')).toBe('a, b');
      },
    },
    {
      name: 'responseHeaders win over Apollo’s own',
      rule: headers,
      async run({ post }) {
        const directions = direct({ responseHeaders: [['cache-control', 'private, max-age=5']] });
        const response = await post({ query: '{ hello }' }, { headers: directions });
        expect(response.all('cache-control')).toEqual(['private, max-age=5']);
      },
    },
    {
      name: 'responseHeaders are sent with a GET and with an error',
      rule: headers,
      async run({ get, post }) {
        const directions = direct({ responseHeaders: [['x-mine', 'a']] });
        expect((await get({ query: '{ hello }' }, { headers: directions })).header('x-mine')).toBe('a');
        expect((await post({ query: '{ absent }' }, { headers: directions })).header('x-mine')).toBe('a');
      },
    },
    complete('a short response', '{ hello }', 200),
    complete('a response outside ASCII', '{ hello(name: "größe 日本 🦊") }', 200),
    complete('a response of 100,000 bytes', '{ long(length: 100000) }', 200),
    complete('an error', '{ absent }', 400),
    {
      name: 'a body of a megabyte arrives whole',
      rule: 'RFC 9110 §6.4',
      async run({ post }) {
        const response = await post({ query: '{ long(length: 1000000) }' });
        expect(response.text).toBe(`{"data":{"long":"${'x'.repeat(1_000_000)}"}}\n`);
      },
    },
  ],
};
