import { expect, vi } from 'vitest';
import type { ReceivedResponse } from '../../conformance/http.ts';
import { persisted } from '../client.ts';
import { type Client, fresh, type Options } from './client.ts';

/** One rule, and the requests and responses that show that it is kept. */
export interface Case {
  /** The source of the rule. */
  readonly rule: string;
  readonly name: string;
  run(client: Client): Promise<void>;
}

const isHit = (response: ReceivedResponse) => response.header('age') !== undefined;

/** Waits until the response is in the cache, and returns it. A write may take longer than its request. */
async function hitOf(client: Client, query: string, options: Options = {}): Promise<ReceivedResponse> {
  const headers = { ...options.headers, ...wants('only-if-cached') };
  await vi.waitUntil(async () => (await client.get(query, { ...options, headers })).status === 200, {
    timeout: 10_000,
  });
  const response = await client.get(query, options);
  expect(isHit(response)).toBe(true);
  return response;
}

/** Checks that a request is executed each time. */
async function expectMisses(client: Client, query: string, name: string, options?: Options): Promise<ReceivedResponse> {
  const before = await client.calls(name);
  const responses = [];
  for (let count = 0; count < 3; count++) responses.push(await client.get(query, options));
  expect(responses.map(isHit)).toEqual([false, false, false]);
  expect(await client.calls(name)).toBe(before + 3);
  return responses[0] as ReceivedResponse;
}

const callOf = (name: string, field = 'call') => `{ ${field}(name: "${name}") }`;

/** Stores a response, and returns it with a function that requests it again. */
async function store(client: Client, respond?: Options['respond']) {
  const name = fresh();
  const query = callOf(name);
  const options = respond ? { respond } : {};
  const first = await client.get(query, options);
  expect([first.status, isHit(first), first.text]).toEqual([200, false, `{"data":{"call":"${name} 1"}}\n`]);
  await hitOf(client, query, options);
  const again = (headers: Record<string, string> = {}) => client.get(query, { ...options, headers });
  return { name, query, first, again };
}

const queryOf = (name: string) =>
  `{"query":"query Q($name: String) { call(name: $name) }","variables":{"name":"${name}","x":1}}`;
const reorderedOf = (name: string) =>
  `{ "variables": { "x": 1, "name": "${name}" }, "query": "query Q($name: String) { call(name: $name) }" }`;

/** Stores a response to a QUERY, and returns it with a function that sends the same in another form. */
async function storeByQuery(client: Client, respond?: Options['respond']) {
  const name = fresh();
  const options = respond ? { respond } : {};
  const first = await client.query(queryOf(name), options);
  expect([first.status, isHit(first), first.text]).toEqual([200, false, `{"data":{"call":"${name} 1"}}\n`]);
  const again = (headers: Record<string, string> = {}) => client.query(reorderedOf(name), { ...options, headers });
  await vi.waitUntil(async () => (await again(wants('only-if-cached'))).status === 200, { timeout: 10_000 });
  return { name, first, again };
}

const wants = (cacheControl: string) => ({ 'cache-control': cacheControl });

export const cases: readonly Case[] = [
  {
    rule: 'RFC 9111 section 3',
    name: 'stores a public response, and serves it byte for byte',
    async run(client) {
      const { name, first, again } = await store(client);
      const second = await again();
      expect(second.bytes).toEqual(first.bytes);
      for (const header of ['content-type', 'cache-control', 'etag', 'vary']) {
        expect(second.all(header), header).toEqual(first.all(header));
      }
      expect(await client.calls(name)).toBe(1);
    },
  },
  {
    rule: 'RFC 9111 section 3',
    name: 'stores no response with an error, whatever its cache-control says',
    async run(client) {
      const name = fresh();
      const response = await expectMisses(client, callOf(name, 'fail'), name, {
        respond: wants('public, max-age=60'),
      });
      expect(response.json).toMatchObject({ errors: [{ message: 'It failed.' }] });
      const partial = `{ call(name: "${name}") fail(name: "${fresh()}") }`;
      await expectMisses(client, partial, name, { respond: wants('public, max-age=60') });
    },
  },
  {
    rule: 'RFC 9111 section 3',
    name: 'stores only status 200: no mutation, no invalid query and no refused query',
    async run(client) {
      const respond = wants('public, max-age=60');
      const name = fresh();
      const statuses = async (query: string, headers = {}) => {
        const responses = [
          await client.get(query, { respond, headers }),
          await client.get(query, { respond, headers }),
        ];
        expect(responses.map(isHit)).toEqual([false, false]);
        return responses.map(({ status }) => status);
      };
      expect(await statuses(`mutation { change(name: "${name}") }`)).toEqual([405, 405]);
      expect(await client.calls(name)).toBe(0);
      expect(await statuses('{ nope }')).toEqual([400, 400]);
      expect(await statuses(callOf(name), { accept: 'image/png' })).toEqual([406, 406]);
    },
  },
  {
    rule: 'RFC 9111 section 3',
    name: 'stores no stream, and no page',
    async run(client) {
      const respond = wants('public, max-age=60');
      for (const [query, accept, contentType] of [
        ['subscription { ticks }', 'text/event-stream', /^text\/event-stream/],
        ['subscription { ticks }', 'multipart/mixed;subscriptionSpec="1.0"', /^multipart\/mixed/],
        ['{ __typename }', 'text/html', /^text\/html/],
      ] as const) {
        for (let count = 0; count < 2; count++) {
          const response = await client.get(query, { respond, headers: { accept } });
          expect([response.status, isHit(response), response.header('etag')]).toEqual([200, false, undefined]);
          expect(response.header('content-type')).toMatch(contentType);
        }
      }
    },
  },
  {
    rule: 'RFC 9111 section 3',
    name: 'stores no response with a cookie, and no cache in front may',
    async run(client) {
      const name = fresh();
      const response = await expectMisses(client, callOf(name), name, { respond: { 'set-cookie': 'a=b' } });
      expect(response.header('cache-control')).toBe('max-age=60, private');
    },
  },
  {
    rule: 'RFC 9111 section 3',
    name: 'stores no response to a POST, and changes none',
    async run(client) {
      const name = fresh();
      for (let count = 1; count < 3; count++) {
        const response = await client.send({
          method: 'POST',
          target: '/graphql',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: callOf(name) }),
        });
        expect([
          response.json,
          response.header('etag'),
          response.header('vary'),
          response.header('cache-control'),
        ]).toEqual([{ data: { call: `${name} ${count}` } }, undefined, undefined, 'max-age=60, public']);
      }
    },
  },
  ...(['authorization', 'cookie'] as const).map(
    (header): Case => ({
      rule: 'RFC 9111 section 3.5',
      name: `a request with ${header} is neither served from the cache nor stored`,
      async run(client) {
        const { name, again } = await store(client);
        for (let count = 2; count < 4; count++) {
          const personal = await again({ [header]: 'a=b' });
          expect([personal.json, isHit(personal)]).toEqual([{ data: { call: `${name} ${count}` } }, false]);
        }
        expect((await again()).json).toEqual({ data: { call: `${name} 1` } });
        const other = fresh();
        await expectMisses(client, callOf(other), other, { headers: { [header]: 'a=b' } });
        expect(isHit(await client.get(callOf(other)))).toBe(false);
      },
    }),
  ),
  {
    rule: 'RFC 9111 section 5.2.2.7',
    name: 'the response to a personal request is private to the caches in front, with a cache and without',
    async run(client) {
      for (const path of ['/graphql', '/validators']) {
        for (const headers of [{ authorization: 'Bearer secret' }, { cookie: 'a=b' }]) {
          const response = await client.get('{ me }', { path, headers });
          expect(response.header('cache-control')).toBe('max-age=60, private');
          expect(response.header('etag')).toMatch(/^W\/"/);
        }
      }
      expect((await client.get('{ me }')).json).toEqual({ data: { me: null } });
    },
  },
  {
    rule: 'RFC 9111 section 4',
    name: 'CSRF prevention refuses a request even if its response is stored',
    async run(client) {
      const { query, again } = await store(client);
      const target = `/graphql?${new URLSearchParams({ query })}`;
      for (const headers of [
        {},
        { 'apollo-require-preflight': '' },
        { 'content-type': 'text/plain' },
        { 'content-type': 'application/x-www-form-urlencoded' },
      ]) {
        const response = await client.send({ target, headers });
        expect([response.status, response.text]).toEqual([400, expect.stringContaining('CSRF')]);
      }
      expect(isHit(await again())).toBe(true);
    },
  },
  {
    rule: 'RFC 9111 section 4',
    name: 'parameters that Apollo refuses are refused even if the response without them is stored',
    async run(client) {
      const { query } = await store(client);
      const headers = { 'apollo-require-preflight': 'true' };
      const target = `/graphql?${new URLSearchParams({ query })}`;
      for (const rest of [
        '&query=x',
        '&variables={',
        '&variables=',
        '&variables=[]',
        '&extensions=%zz',
        '&%71uery=x',
      ]) {
        expect((await client.send({ target: target + rest, headers })).status, rest).toBe(400);
      }
    },
  },
  {
    rule: 'RFC 9111 section 4.1',
    name: 'each media type has a response of its own',
    async run(client) {
      const { again } = await store(client);
      const other = await again({ accept: 'application/graphql-response+json' });
      expect([isHit(other), other.header('content-type')]).toEqual([
        false,
        'application/graphql-response+json; charset=utf-8',
      ]);
      expect((await again()).header('content-type')).toBe('application/json; charset=utf-8');
      expect((await again({ accept: 'text/html' })).header('content-type')).toBe('text/html');
    },
  },
  ...(['inside', 'outside'] as const).map(
    (where): Case => ({
      rule: 'RFC 9111 section 4.1',
      name: `no origin gets the headers of another, with cors() ${where}`,
      async run(client) {
        const name = fresh();
        const ask = (origin?: string, headers = {}) =>
          client.get(callOf(name), { path: `/cors-${where}`, headers: { ...(origin && { origin }), ...headers } });
        const allowed = ['https://a.test', 'https://b.test'];
        for (let round = 0; round < 3; round++) {
          for (const origin of [...allowed, undefined, 'https://evil.test']) {
            const response = await ask(origin);
            const isAllowed = origin !== undefined && allowed.includes(origin);
            expect(response.header('access-control-allow-origin')).toBe(isAllowed ? origin : undefined);
            expect(response.header('access-control-allow-credentials')).toBe(isAllowed ? 'true' : undefined);
            expect(response.header('vary')?.toLowerCase()).toContain('origin');
            const etag = response.header('etag') ?? '';
            const unmodified = await ask(origin, { 'if-none-match': etag });
            expect([unmodified.status, unmodified.header('access-control-allow-origin')]).toEqual([
              304,
              isAllowed ? origin : undefined,
            ]);
          }
        }
        await vi.waitUntil(async () => isHit(await ask('https://a.test')), { timeout: 10_000 });
        expect(await client.calls(name)).toBeLessThan(24);
      },
    }),
  ),
  {
    rule: 'RFC 9111 sections 4.2.3 and 5.1',
    name: 'Age is the time since the response was made, and Date is when it was made',
    async run(client) {
      const { first, again } = await store(client);
      expect(first.header('age')).toBeUndefined();
      await client.setClock(42);
      const second = await again();
      // A second of real time may have passed as well.
      expect(['42', '43', '44']).toContain(second.header('age'));
      expect(second.header('date')).toBe(first.header('date'));
      expect(second.header('cache-control')).toBe('max-age=60, public');
    },
  },
  {
    rule: 'RFC 9111 section 4.2.4',
    name: 'a response that is no longer fresh is not served but replaced',
    async run(client) {
      const { name, query, again } = await store(client);
      await client.setClock(60);
      const second = await again();
      expect([isHit(second), second.json]).toEqual([false, { data: { call: `${name} 2` } }]);
      expect((await hitOf(client, query)).json).toEqual({ data: { call: `${name} 2` } });
    },
  },
  {
    rule: 'RFC 5861 section 3',
    name: 'stale-while-revalidate: the old response is served while a new one is made, and then the new one',
    async run(client) {
      const { name, again } = await store(client, wants('public, max-age=60, stale-while-revalidate=60'));
      await client.setClock(61);
      const stale = await again();
      expect([isHit(stale), stale.json]).toEqual([true, { data: { call: `${name} 1` } }]);
      await expect.poll(async () => (await again()).json, { timeout: 10_000 }).toEqual({ data: { call: `${name} 2` } });
      expect(await client.calls(name)).toBe(2);
      await client.setClock(61 + 121);
      expect((await again()).json).toEqual({ data: { call: `${name} 3` } });
    },
  },
  {
    rule: 'RFC 5861 section 3',
    name: 'stale-while-revalidate: a context function may read the request after a while',
    async run(client) {
      const name = fresh();
      const options = { respond: wants('public, max-age=60, stale-while-revalidate=600'), headers: { 'x-late': '1' } };
      await client.get(callOf(name), options);
      await hitOf(client, callOf(name), options);
      for (let count = 1; count < 3; count++) {
        await client.setClock(61 * count);
        const next = async () => (await client.get(callOf(name), options)).json;
        await expect.poll(next, { timeout: 10_000 }).toEqual({ data: { call: `${name} ${count + 1}` } });
      }
    },
  },
  {
    rule: 'RFC 9110 section 6.6.1',
    name: 'there is one Date, a valid one',
    async run(client) {
      const { first, again } = await store(client);
      const etag = first.header('etag') ?? '';
      for (const response of [first, await again(), await again({ 'if-none-match': etag })]) {
        expect(response.all('date')).toEqual([new Date(response.header('date') ?? '').toUTCString()]);
      }
    },
  },
  ...(['/graphql', '/validators'] as const).map(
    (path): Case => ({
      rule: 'RFC 9110 section 15.4.5',
      name: `304 on ${path}: no body, the caching headers of the 200, and no headers about a body`,
      async run(client) {
        const query = callOf(fresh(), 'same');
        const ok = await client.get(query, { path });
        const etag = ok.header('etag') ?? '';
        const response = await client.get(query, { path, headers: { 'if-none-match': etag } });
        expect([response.status, response.text]).toEqual([304, '']);
        for (const name of ['cache-control', 'etag', 'vary']) expect(response.all(name)).toEqual(ok.all(name));
        expect(response.header('date')).toBeDefined();
        for (const name of ['content-type', 'content-encoding', 'last-modified'])
          expect(response.all(name)).toEqual([]);
        expect(['0', undefined]).toContain(response.header('content-length'));
      },
    }),
  ),
  {
    rule: 'automatic persisted queries',
    name: 'a hash is served from the cache, and a query that comes with its hash is registered',
    async run(client) {
      const name = fresh();
      const query = callOf(name);
      const extensions = JSON.stringify(persisted(query));
      const headers = { 'apollo-require-preflight': 'true' };
      const ask = (parameters: Record<string, string>) =>
        client.send({ target: `/graphql?${new URLSearchParams(parameters)}`, headers });
      expect((await ask({ extensions })).text).toContain('PERSISTED_QUERY_NOT_FOUND');
      for (let count = 1; count < 3; count++) {
        expect((await ask({ query, extensions })).json).toEqual({ data: { call: `${name} ${count}` } });
      }
      await vi.waitUntil(async () => isHit(await ask({ extensions })), { timeout: 10_000 });
      expect((await ask({ query: callOf(fresh()), extensions })).status).toBe(400);
    },
  },
  {
    rule: 'a burst',
    name: 'identical misses are executed once, and all get the response',
    async run(client) {
      const name = fresh();
      const responses = await client.during(20, () => Array.from({ length: 20 }, () => client.get(callOf(name))));
      for (const response of await Promise.all(responses)) {
        expect([response.status, response.json]).toEqual([200, { data: { call: `${name} 1` } }]);
      }
      expect(await client.calls(name)).toBe(1);
    },
  },
  {
    rule: 'a burst',
    name: 'a response that may not be shared goes to one request alone',
    async run(client) {
      for (const field of ['plain', 'private']) {
        const name = fresh();
        const responses = await client.during(20, () =>
          Array.from({ length: 20 }, () => client.get(callOf(name, field))),
        );
        const texts = (await Promise.all(responses)).map(({ text }) => text);
        expect(new Set(texts).size).toBe(20);
        expect(await client.calls(name)).toBe(20);
      }
    },
  },
  {
    rule: 'RFC 10008',
    name: 'a QUERY is stored, and served to one whose members are in another order',
    async run(client) {
      const { name, first, again } = await storeByQuery(client);
      const second = await again();
      expect(second.bytes).toEqual(first.bytes);
      expect(await client.calls(name)).toBe(1);
      const etag = second.header('etag') ?? '';
      expect((await again({ 'if-none-match': etag })).status).toBe(304);
      expect(isHit(await again({ cookie: 'a=b' }))).toBe(false);
      expect((await again({ accept: 'application/graphql-response+json' })).header('age')).toBeUndefined();
    },
  },
  {
    rule: 'RFC 10008',
    name: 'a stale QUERY is served while a new one is made from the same body',
    async run(client) {
      const { name, again } = await storeByQuery(client, wants('public, max-age=60, stale-while-revalidate=60'));
      await client.setClock(90);
      expect((await again()).json).toEqual({ data: { call: `${name} 1` } });
      await vi.waitUntil(async () => (await again()).text.includes(`${name} 2`), { timeout: 10_000 });
    },
  },
  {
    rule: 'RFC 10008',
    name: 'identical QUERYs that come at once are executed once, and those with other variables for themselves',
    async run(client) {
      const name = fresh();
      const bodies = [...Array(10).fill(queryOf(name)), queryOf(`${name}2`)];
      const responses = await client.during(11, () => bodies.map((body) => client.query(body)));
      const texts = (await Promise.all(responses)).map(({ text }) => text);
      expect([...new Set(texts)]).toEqual([`{"data":{"call":"${name} 1"}}\n`, `{"data":{"call":"${name}2 1"}}\n`]);
    },
  },
  {
    rule: 'RFC 9111 section 4.4',
    name: 'a mutation by POST makes the QUERYs of its URL invalid, and one by QUERY is not executed',
    async run(client) {
      const { name, again } = await storeByQuery(client);
      const body = `{"query":"mutation { change(name: \\"${fresh()}\\") }"}`;
      expect((await client.query(body)).status).toBe(422);
      expect(isHit(await again())).toBe(true);
      const headers = { 'content-type': 'application/json' };
      expect((await client.send({ method: 'POST', target: '/graphql', headers, body })).status).toBe(200);
      expect((await again()).json).toEqual({ data: { call: `${name} 2` } });
    },
  },
  ...(['fail', 'throw', 'hang', 'rubbish'] as const).map(
    (fault): Case => ({
      rule: 'a cache that fails',
      name: `costs no request its response: ${fault}`,
      async run(client) {
        const { name, again } = await store(client);
        await client.setFault(fault);
        for (let count = 2; count < 4; count++) {
          const response = await again();
          // While a write hangs, later requests can still get its response.
          const calls = fault === 'hang' ? '\\d+' : count;
          expect([response.status, response.text]).toEqual([
            200,
            expect.stringMatching(`^{"data":{"call":"${name} ${calls}"}}\n$`),
          ]);
        }
        expect((await again(wants('only-if-cached'))).status).toBe(504);
        await client.setFault('none');
        await vi.waitUntil(async () => isHit(await again()), { timeout: 10_000 });
      },
    }),
  ),
];
