import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { sqliteCache } from '../../node-example/cache.ts';
import { type Command, commands, launch, type Server } from '../../scripts/launch.ts';
import { freePort } from '../../scripts/ports.ts';
import { findProgram } from '../docs/programs.ts';
import { graphql, persisted } from './client.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// The folder is inside the repository, so that the package's name resolves as it does for users.
const folder = `${root}test/caches/.docs/`;

function write(name: string, text: string): string {
  writeFileSync(`${folder}${name}`, text);
  return `${folder}${name}`;
}

/** Writes a program of the docs, with some of its text replaced. */
function writeProgram(name: string, ...replacements: readonly (readonly [string, string])[]): string {
  let { code } = findProgram(`docs/caching.md#${name}`);
  for (const [from, to] of replacements) {
    expect(code).toContain(from);
    code = code.replace(from, to);
  }
  return write(name, code);
}

const onFreePort = [
  '.listen(4000)',
  ".listen(0, function () { console.log('http://localhost:' + this.address().port); })",
] as const;

let directory: string;

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  write('deno.json', '{ "nodeModulesDir": "manual", "unstable": ["kv"] }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'caching-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test.for([
  ['@cloudflare/workers-types', ['workers-kv.ts', 'workers-cache.ts', 'workers-http-cache.ts'], []],
  // Deno's own types do not include the Cache API. The DOM types do.
  ['@types/deno', ['deno-kv.ts', 'deno-cache.ts', 'deno-http-cache.ts'], ['DOM']],
  ['bun', ['sqlite.ts', 'memory.ts'], []],
  ['node', ['sqlite.mts', 'redis.mts', 'rest.ts', 'memory.ts', 'stale-while-revalidate.ts'], []],
] as const)('the programs compile with %s', async ([types, names, lib]) => {
  const files = names.map((name) => writeProgram(name));
  const config = write(
    `tsconfig.${types.replaceAll('/', '-')}.json`,
    JSON.stringify({
      extends: '../../package/types/tsconfig.base.json',
      compilerOptions: { types: [types], lib: ['ES2024', ...lib] },
      files,
    }),
  );
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', config]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
});

/** Starts two processes of a program, and stops them even if `use` fails. */
async function withTwo(
  start: () => Promise<Server>,
  use: (one: string, other: string) => Promise<void>,
): Promise<void> {
  const servers: Server[] = [];
  try {
    for (let count = 0; count < 2; count++) servers.push(await start());
    const [one, other] = servers.map(({ url }) => url) as [string, string];
    await use(one, other);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Checks that a persisted query which one process registers is a hit in the other. */
async function sharesQueries(one: string, other: string): Promise<void> {
  const query = '{ __typename }';
  const extensions = persisted(query);
  expect((await graphql(other, { extensions })).body).toMatchObject({
    errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
  });
  await graphql(one, { query, extensions });
  // Apollo does not wait for the write.
  await expect.poll(async () => (await graphql(other, { extensions })).body).toEqual({ data: { __typename: 'Query' } });
}

/** Checks that a response which one process has cached saves the other from calling its resolvers. */
async function sharesResponses(one: string, other: string): Promise<void> {
  const roll = async (url: string) => JSON.stringify((await graphql(url, { query: '{ dice }' })).body);
  const rolled = await vi.waitUntil(async () => {
    const body = await roll(one);
    return body === (await roll(one)) && body;
  });
  expect(await roll(other)).toBe(rolled);
  expect(rolled).toMatch(/^\{"data":\{"dice":[\d.e-]+\}\}$/);
}

function wrangler(main: string): string {
  writeProgram(main);
  return write(
    `${main}.toml`,
    [
      'name = "caching"',
      `main = "${main}"`,
      'compatibility_date = "2026-10-20"',
      'compatibility_flags = ["nodejs_compat"]',
      'kv_namespaces = [{ binding = "CACHE", id = "cache" }]',
    ].join('\n'),
  );
}

interface Recipe {
  readonly command: Command;
  /** Writes the program, and returns the argument for the command. */
  readonly write: (name: string) => string;
  readonly check: (one: string, other: string) => Promise<void>;
}

const database = () => ['cache.sqlite', join(directory, 'db')] as const;

const recipes: Readonly<Record<string, Recipe>> = {
  'workers-kv.ts': { command: commands.wrangler, write: wrangler, check: sharesQueries },
  'workers-cache.ts': { command: commands.wrangler, write: wrangler, check: sharesResponses },
  'deno-kv.ts': { command: commands.deno, write: writeProgram, check: sharesQueries },
  'deno-cache.ts': { command: commands.deno, write: writeProgram, check: sharesResponses },
  'sqlite.mts': {
    command: commands.node,
    write: (name) => writeProgram(name, onFreePort, database()),
    check: sharesQueries,
  },
  'sqlite.ts': { command: commands.bun, write: (name) => writeProgram(name, database()), check: sharesQueries },
};

test.for(Object.entries(recipes))('two processes of %s share what they cache', async ([name, recipe]) => {
  const program = recipe.write(name);
  const env = { STORE: directory, DENO_DIR: directory, DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:0', BUN_PORT: '0' };
  await withTwo(() => launch(recipe.command, program, env), recipe.check);
});

/** Checks that a GET is served from the cache, and that a client which already has the response gets 304. */
async function cachesGET(url: string, other = url): Promise<void> {
  const get = async (base: string, headers: Record<string, string> = {}) =>
    await fetch(`${base}/?query={dice}`, { headers: { 'apollo-require-preflight': 'true', ...headers } });
  const first = await get(url);
  expect(first.headers.has('age')).toBe(false);
  await vi.waitUntil(async () => (await get(other, { 'cache-control': 'only-if-cached' })).status === 200, {
    timeout: 10_000,
  });
  const second = await get(other);
  expect([second.headers.has('age'), await second.text()]).toEqual([true, await first.text()]);
  const etag = second.headers.get('etag') ?? '';
  expect((await get(other, { 'if-none-match': etag, 'cache-control': 'max-age=60' })).status).toBe(304);
}

const httpCaches: Readonly<Record<string, Omit<Recipe, 'check'>>> = {
  'workers-http-cache.ts': { command: commands.wrangler, write: wrangler },
  'deno-http-cache.ts': { command: commands.deno, write: writeProgram },
  'memory.ts': { command: commands.bun, write: writeProgram },
  'memory.ts on Node': {
    command: commands.node,
    write() {
      writeProgram('memory.ts');
      const lines = [
        "import { createServer } from 'node:http';",
        "import { createRequestListener } from 'apollo-server-integration-fetch/node';",
        "import { handler } from './memory.ts';",
        'createServer(createRequestListener(handler)).listen(4000);',
      ];
      return write('memory.mts', lines.join('\n').replace(...onFreePort));
    },
  },
};

test.for(Object.entries(httpCaches))('%s serves a GET from the cache', async ([name, recipe]) => {
  const env = { STORE: directory, DENO_DIR: directory, DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:0', BUN_PORT: '0' };
  const server = await launch(recipe.command, recipe.write(name), env);
  try {
    await cachesGET(server.url);
  } finally {
    await server.stop();
  }
});

test('stale-while-revalidate.ts: an old response is served while a new one is made', async () => {
  const module = writeProgram('stale-while-revalidate.ts');
  const { createHandler } = await import(/* @vite-ignore */ module);
  const entries = new Map<string, Response>();
  const held: Promise<unknown>[] = [];
  const handler = createHandler({
    match: async (url: string) => entries.get(url)?.clone(),
    put: async (url: string, response: Response) => void entries.set(url, response),
    delete: async (url: string) => entries.delete(url),
  });
  const get = async () => {
    const headers = { 'apollo-require-preflight': 'true' };
    const waitUntil = (promise: Promise<unknown>) => void held.push(promise);
    const response: Response = await handler(new Request('http://localhost/?query={dice}', { headers }), { waitUntil });
    const result = [response.headers.get('age'), await response.text()];
    while (held.length > 0) await held.shift();
    return result;
  };
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const [, first] = await get();
    vi.setSystemTime(Date.now() + 60_000);
    expect(await get()).toEqual(['60', first]);
    const [age, second] = await get();
    expect([age, second === first]).toEqual(['0', false]);
  } finally {
    vi.useRealTimers();
  }
});

const redisCommand = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0);

describe.skipIf(redisCommand === undefined)('redis.mts (needs valkey-server or redis-server on the PATH)', () => {
  let redis: ChildProcess;
  let port: number;

  async function startRedis(): Promise<void> {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
    redis = spawn(redisCommand ?? '', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    for await (const text of redis.stdout ?? []) {
      output += text;
      if (output.includes('Ready to accept connections')) return;
    }
    throw new Error(output);
  }

  async function killRedis(): Promise<void> {
    redis.kill('SIGKILL');
    await once(redis, 'exit');
  }

  const start = () => launch(commands.node, writeProgram('redis.mts', onFreePort, ['6379', String(port)]));

  beforeEach(async () => {
    port = await freePort(20_000 + (process.pid % 10_000));
    await startRedis();
  });
  afterEach(killRedis);

  test('two processes share what they cache', () => withTwo(start, sharesQueries));

  test('a client does not notice a server that hangs, is gone or comes back', async () => {
    await withTwo(start, async (one, other) => {
      const query = '{ faulty: hello }';
      const extensions = persisted(query);
      const data = { data: { faulty: 'world' } };
      const missing = { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] };
      await graphql(one, { query, extensions });
      await expect.poll(async () => (await graphql(other, { extensions })).body).toEqual(data);

      redis.kill('SIGSTOP');
      expect((await graphql(one, { extensions })).body).toMatchObject(missing);
      expect((await graphql(one, { query, extensions })).body).toEqual(data);
      expect((await graphql(one, { query: '{ hello }' })).body).toEqual({ data: { hello: 'world' } });
      redis.kill('SIGCONT');
      await expect.poll(async () => (await graphql(one, { extensions })).body, { timeout: 10_000 }).toEqual(data);

      await killRedis();
      expect((await graphql(one, { extensions })).body).toMatchObject(missing);
      expect((await graphql(one, { query, extensions })).body).toEqual(data);
      await startRedis();
      await expect
        .poll(
          async () => {
            await graphql(one, { query, extensions });
            return (await graphql(other, { extensions })).body;
          },
          { timeout: 10_000 },
        )
        .toEqual(data);
    });
  });

  test('a process starts without a server', async () => {
    await killRedis();
    try {
      await withTwo(start, async (one) => {
        expect((await graphql(one, { query: '{ hello }' })).body).toEqual({ data: { hello: 'world' } });
      });
    } finally {
      await startRedis();
    }
  });
});

test('rest.ts: one process takes from the cache what another has fetched', async () => {
  const asked: (string | undefined)[] = [];
  const upstream = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'max-age=60' }).end('rain');
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  try {
    const { port } = upstream.address() as AddressInfo;
    const module = writeProgram('rest.ts', ['https://weather.example.com', `http://127.0.0.1:${port}`]);
    const { createHandler } = await import(/* @vite-ignore */ module);
    const ask = async (handler: (request: Request) => Promise<Response>, city: string) => {
      const url = `http://localhost/?query=${encodeURIComponent(`{ today(city: "${city}") }`)}`;
      const response = await handler(new Request(url, { headers: { 'apollo-require-preflight': 'yes' } }));
      return await response.json();
    };
    const path = join(directory, 'db');
    const rain = { data: { today: 'rain' } };
    expect(await ask(createHandler(sqliteCache(path)), 'Bergen?')).toEqual(rain);
    await expect
      .poll(() => sqliteCache(path).get(`httpcache:GET http://127.0.0.1:${port}/today/Bergen%3F`))
      .toBeDefined();
    expect(await ask(createHandler(sqliteCache(path)), 'Bergen?')).toEqual(rain);
    expect(asked).toEqual(['/today/Bergen%3F']);
  } finally {
    upstream.close();
  }
});
