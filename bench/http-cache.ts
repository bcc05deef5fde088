/**
 * Measures how much `./http-cache` saves, and compares the cost of a POST with and without it. Run
 * `npx node bench/http-cache.ts`. All subjects run in one process, in turns. The query is a list of 50 × 5 fields, its
 * data takes 20 ms to fetch, and the cache is in memory. The program prints resolver calls per 100 requests, CPU time
 * per request, and the response time of a single request. `POST` is measured with `{ hello }`, without time to fetch.
 */
import process from 'node:process';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { ApolloServer } from '@apollo/server';
import { httpCache, type WebCache } from '../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../src/index.ts';
import { headersOf, hello, resolvers, typeDefs } from './app.ts';
import { median, table } from './table.ts';

let calls = 0;
let fetchTime = 0;

const server = new ApolloServer({
  typeDefs: `
    directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
    ${typeDefs.replace('[Item!]!', '[Item!]! @cacheControl(maxAge: 60)')}
  `,
  resolvers: {
    Query: {
      ...resolvers.Query,
      async items(parent: unknown, args: { count: number }) {
        calls++;
        if (fetchTime > 0) await wait(fetchTime);
        return resolvers.Query.items(parent, args);
      },
    },
  },
});
await server.start();

function memoryCache(): WebCache {
  const entries = new Map<string, { body: ArrayBuffer; headers: Headers }>();
  return {
    async match(url) {
      const stored = entries.get(url);
      return stored && new Response(stored.body, { headers: stored.headers });
    },
    async put(url, response) {
      entries.set(url, { body: await response.arrayBuffer(), headers: response.headers });
    },
    delete: async (url) => entries.delete(url),
  };
}

const plain = createFetchHandler(server);
const cached = httpCache(createFetchHandler(server), { cache: memoryCache() });

const url = `http://localhost:4000/?${new URLSearchParams({ query: '{ items(count: 50) { id name price stock tags } }' })}`;
const get = (headers: Record<string, string> = {}) =>
  new Request(url, { headers: { 'apollo-require-preflight': 'true', accept: 'application/json', ...headers } });
const post = () =>
  new Request('http://localhost:4000/', { method: 'POST', headers: headersOf(hello, 6), body: hello.body });

const etag = (await cached(get())).headers.get('etag') ?? '';
const subjects: Record<string, { handler: FetchHandler<[]>; request: () => Request; status?: number }> = {
  'GET, without `./http-cache`': { handler: plain, request: () => get() },
  'GET, stored': { handler: cached, request: () => get() },
  'GET, stored, and the client has it (304)': {
    handler: cached,
    request: () => get({ 'if-none-match': etag }),
    status: 304,
  },
  'GET with a cookie, which passes': { handler: cached, request: () => get({ cookie: 'a=b' }) },
};

async function run({ handler, request, status = 200 }: (typeof subjects)[string], count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    const response = await handler(request());
    if (response.status !== status) throw new Error(`${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }
}

/** Returns the CPU time that the whole process uses during the action, in µs. */
async function cpuOf(action: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const requests = 200;
const results = new Map(
  Object.keys(subjects).map((name) => [name, { cpu: [] as number[], ms: [] as number[], calls: 0 }]),
);
for (const subject of Object.values(subjects)) await run(subject, 3000);
for (let round = 0; round < 31; round++) {
  for (const [name, subject] of Object.entries(subjects)) {
    const result = results.get(name);
    result?.cpu.push((await cpuOf(() => run(subject, requests))) / requests);
    await turn();
    fetchTime = 20;
    const callsBefore = calls;
    const begin = performance.now();
    await run(subject, 1);
    result?.ms.push(performance.now() - begin);
    if (result) result.calls += calls - callsBefore;
    fetchTime = 0;
  }
}
const rows = [...results].map(([name, { cpu, ms, calls }]) => [
  name,
  String(Math.round((calls / ms.length) * 100)),
  String(Math.round(median(cpu))),
  median(ms).toFixed(median(ms) < 1 ? 2 : 1),
]);
console.log(table(['', 'resolver calls per 100 requests', 'µs of CPU', 'ms'], rows));

// The two variants run in turns and are measured by CPU time, because other load on the machine slows both down.
const posts = { without: [] as number[], with: [] as number[] };
for (let round = 0; round < 400; round++) {
  const turns = [
    () =>
      cpuOf(() => run({ handler: plain, request: post }, requests)).then((cpu) => posts.without.push(cpu / requests)),
    () => cpuOf(() => run({ handler: cached, request: post }, requests)).then((cpu) => posts.with.push(cpu / requests)),
  ];
  for (const measure of round % 2 === 0 ? turns : turns.reverse()) {
    await measure();
    await turn();
  }
}
const [without, withCache] = [posts.without.slice(100), posts.with.slice(100)];
const ratio = median(withCache.map((cpu, round) => cpu / (without[round] ?? Number.NaN)));
console.log(
  `POST: ${median(without).toFixed(1)} µs without, ${median(withCache).toFixed(1)} µs with, ${ratio.toFixed(3)}`,
);
process.exit(0);
