/**
 * Compares the ways in which a client can send a query: `npx node bench/query-method.ts`. All of them run in one
 * process, in turns. The program prints the bytes of a request and its CPU time, executed and from a cache in memory.
 */
import { createHash } from 'node:crypto';
import process from 'node:process';
import { ApolloServer } from '@apollo/server';
import { httpCache, type WebCache } from '../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../src/index.ts';
import { median, table } from './table.ts';

const rounds = 60;
const requestsPerSlice = 100;

const server = new ApolloServer({
  typeDefs: `
    directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
    type Query { hello(name: String): String @cacheControl(maxAge: 600) }
  `,
  resolvers: { Query: { hello: () => 'world' } },
});
const handler = createFetchHandler(server, { queryMethod: true });
const entries = new Map<string, { body: ArrayBuffer; headers: Headers }>();
const cache: WebCache = {
  async match(url) {
    const stored = entries.get(url);
    return stored && new Response(stored.body, { headers: stored.headers });
  },
  async put(url, response) {
    entries.set(url, { body: await response.arrayBuffer(), headers: response.headers });
  },
  delete: async (url) => entries.delete(url),
};
const cached = httpCache(handler, { cache });

/** A query of about so many bytes. */
function queryOf(size: number): string {
  const fields = Array.from({ length: size / 25 }, (_, i) => `field${i}: hello(name: $name)`);
  return `query Q($name: String) {\n  ${fields.join('\n  ')}\n}`;
}

interface Message {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

function messagesOf(query: string): Record<string, Message> {
  const variables = { name: 'Ada' };
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
  const json = (method: string, body: object): Message => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
    return { method, target: '/graphql', headers, body: text };
  };
  const get = (parameters: Record<string, string>): Message => ({
    method: 'GET',
    target: `/graphql?${new URLSearchParams({ ...parameters, variables: JSON.stringify(variables) })}`,
    headers: { 'apollo-require-preflight': 'true' },
  });
  return {
    POST: json('POST', { query, variables }),
    GET: get({ query }),
    QUERY: json('QUERY', { query, variables }),
    'POST with a hash': json('POST', { variables, extensions }),
    'GET with a hash': get({ extensions: JSON.stringify(extensions) }),
    'QUERY with a hash': json('QUERY', { variables, extensions }),
  };
}

const requestOf = ({ target, ...init }: Message) => new Request(`http://localhost:4000${target}`, init);

/** The request line, these headers and the body, without what all requests have. */
function bytesOf({ method, target, headers, body = '' }: Message): number {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.byteLength([`${method} ${target} HTTP/1.1`, ...lines, body].join('\r\n'));
}

async function check(handle: FetchHandler<[]>, message: Message, isHit: boolean): Promise<void> {
  const response = await handle(requestOf(message));
  const text = await response.text();
  if (
    response.status !== 200 ||
    response.headers.has('age') !== isHit ||
    !text.startsWith('{"data":{"field0":"world"')
  ) {
    throw new Error(`${message.method} ${response.status} ${text.slice(0, 200)}`);
  }
}

const rows: string[][] = [];
for (const size of [300, 3_000]) {
  const query = queryOf(size);
  const messages = messagesOf(query);
  const { extensions } = JSON.parse(messages['POST with a hash']?.body ?? '');
  const body = JSON.stringify({ query, extensions });
  await handler(requestOf({ method: 'POST', target: '/', headers: { 'content-type': 'application/json' }, body }));
  const subjects: { name: string; handle: FetchHandler<[]>; message: Message; slices: number[] }[] = [];
  for (const [name, message] of Object.entries(messages)) {
    await check(handler, message, false);
    subjects.push({ name: `${name} executed`, handle: handler, message, slices: [] });
    if (message.method === 'POST') continue;
    await check(cached, message, false);
    await check(cached, message, true);
    subjects.push({ name: `${name} cached`, handle: cached, message, slices: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { handle, message, slices } of round % 2 ? subjects : subjects.toReversed()) {
      const before = process.cpuUsage();
      for (let i = 0; i < requestsPerSlice; i++) await (await handle(requestOf(message))).text();
      const { user, system } = process.cpuUsage(before);
      slices.push((user + system) / requestsPerSlice);
    }
  }
  const costOf = (name: string) => {
    const slices = subjects.find((subject) => subject.name === name)?.slices;
    return slices === undefined ? '' : median(slices).toFixed(0);
  };
  for (const [name, message] of Object.entries(messages)) {
    rows.push([
      `${name}, a query of ${query.length.toLocaleString('en')} bytes`,
      bytesOf(message).toLocaleString('en'),
      costOf(`${name} executed`),
      costOf(`${name} cached`),
    ]);
  }
}
console.log(table(['', 'bytes of the request', 'executed, µs', 'cached, µs'], rows));
await server.stop();
