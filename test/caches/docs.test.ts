import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { sqliteCache } from '../../node-example/cache.ts';
import { commands, launch, type Server } from '../../scripts/launch.ts';
import { freePort } from '../../scripts/ports.ts';
import { graphql, persisted } from './client.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository, so that the package's own name resolves as it does for its users.
const folder = `${root}test/caches/.docs/`;

/** The programs of the page by file name: each begins with a comment that tells it. */
const programs = new Map(
  [
    ...readFileSync(`${root}docs/caching.md`, 'utf8').matchAll(/^```ts\n\/\/ ([\w./-]+\.ts)[^\n]*\n([\s\S]*?)^```$/gm),
  ].map(([, name = '', code = '']) => [name, code]),
);

function write(name: string, text: string): string {
  writeFileSync(`${folder}${name}`, text);
  return `${folder}${name}`;
}

/** A program with a few of its words replaced, under another name. */
function rewrite(name: string, ...replacements: readonly (readonly [string, string])[]): string {
  let code = programs.get(name) ?? '';
  for (const [from, to] of replacements) {
    expect(code).toContain(from);
    code = code.replace(from, to);
  }
  return write(name.replace('.ts', '.run.ts'), code);
}

const onFreePort = [
  '.listen(4000)',
  ".listen(0, function () { console.log('http://localhost:' + this.address().port); })",
] as const;

let directory: string;

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  write('deno.json', '{ "nodeModulesDir": "manual", "unstable": ["kv"], "imports": {} }');
  for (const [name, code] of programs) write(name, code);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'caching-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('each program has a file name', () => {
  expect(programs.size).toBe(readFileSync(`${root}docs/caching.md`, 'utf8').match(/^```ts$/gm)?.length);
});

test.for([
  ['@cloudflare/workers-types', ['server.ts', 'workers-kv.ts', 'workers-cache.ts']],
  ['@types/deno', ['deno-kv.ts', 'deno-cache.ts']],
  ['bun', ['bun-sqlite.ts']],
  ['node', ['node-sqlite.ts', 'redis.ts', 'rest.ts']],
] as const)('the programs compile with %s', async ([types, files]) => {
  const config = write(
    `tsconfig.${types.replaceAll('/', '-')}.json`,
    JSON.stringify({
      extends: '../../package/types/tsconfig.base.json',
      // Deno's own types come without the Cache API, which is in the DOM's.
      compilerOptions: {
        types: [types],
        allowImportingTsExtensions: true,
        ...(types === '@types/deno' && { lib: ['ES2024', 'DOM'] }),
      },
      files,
    }),
  );
  const { stdout } = await promisify(execFile)(process.execPath, [
    `${root}node_modules/typescript/bin/tsc`,
    '-p',
    config,
  ]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});

/** Starts two processes of a program, and stops them whatever happens. */
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

async function expectShared(one: string, other: string): Promise<void> {
  const query = '{ hello }';
  const extensions = persisted(query);
  expect((await graphql(other, { extensions })).body).toMatchObject({
    errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
  });
  await graphql(one, { query, extensions });
  // Apollo waits for no write.
  await expect.poll(async () => (await graphql(other, { extensions })).body).toEqual({ data: { hello: 'world' } });
  const dice = async (url: string) => (await graphql(url, { query: '{ dice }' })).body;
  const rolled = await vi.waitUntil(async () => {
    const body = JSON.stringify(await dice(one));
    return body === JSON.stringify(await dice(one)) && body;
  });
  expect(JSON.stringify(await dice(other))).toBe(rolled);
  expect(rolled).toMatch(/^\{"data":\{"dice":[\d.e-]+\}\}$/);
}

function wrangler(main: string): string {
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

const launches: Record<string, [keyof typeof commands, () => string]> = {
  'workers-kv.ts': ['wrangler', () => wrangler('workers-kv.ts')],
  'workers-cache.ts': ['wrangler', () => wrangler('workers-cache.ts')],
  'deno-kv.ts': ['deno', () => `${folder}deno-kv.ts`],
  'deno-cache.ts': ['deno', () => `${folder}deno-cache.ts`],
  'node-sqlite.ts': ['node', () => rewrite('node-sqlite.ts', onFreePort, ['cache.sqlite', join(directory, 'db')])],
  'bun-sqlite.ts': [
    'bun',
    () =>
      rewrite(
        'bun-sqlite.ts',
        ['Bun.serve(', 'console.log(Bun.serve('],
        [' });\n', ' }).url.href);\n'],
        ['cache.sqlite', join(directory, 'db')],
      ),
  ],
};

test.for(Object.entries(launches))('two processes of %s share what they cache', async ([, [runtime, prepare]]) => {
  const program = prepare();
  const env = {
    STORE: directory,
    DENO_DIR: directory,
    DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:0',
    BUN_PORT: '0',
  };
  await withTwo(() => launch(commands[runtime], program, env), expectShared);
});

const redisCommand = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0);

describe.skipIf(redisCommand === undefined)('redis.ts (needs valkey-server or redis-server on the PATH)', () => {
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

  const start = () => launch(commands.node, rewrite('redis.ts', onFreePort, ['6379', String(port)]));

  beforeEach(async () => {
    port = await freePort(20_000 + (process.pid % 10_000));
    await startRedis();
  });
  afterEach(killRedis);

  test('two processes share what they cache', () => withTwo(start, expectShared));

  test('a client notices nothing of a server that hangs, is gone or comes back', async () => {
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
      expect((await graphql(one, { query: '{ dice }' })).body).toMatchObject({ data: { dice: expect.any(Number) } });
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

test('rest.ts: what one process has fetched, another takes from the cache', async () => {
  const asked: (string | undefined)[] = [];
  const upstream = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'max-age=60' }).end('rain');
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  try {
    const { port } = upstream.address() as AddressInfo;
    const module = rewrite('rest.ts', ['https://weather.example.com', `http://127.0.0.1:${port}`]);
    const { createWeather } = await import(/* @vite-ignore */ module);
    const ask = async (handler: (request: Request) => Promise<Response>, city: string) => {
      const url = `http://localhost/?query=${encodeURIComponent(`{ today(city: "${city}") }`)}`;
      const response = await handler(new Request(url, { headers: { 'apollo-require-preflight': 'yes' } }));
      return await response.json();
    };
    const path = join(directory, 'db');
    const rain = { data: { today: 'rain' } };
    expect(await ask(createWeather(sqliteCache(path)), 'Bergen?')).toEqual(rain);
    await expect
      .poll(() => sqliteCache(path).get(`httpcache:GET http://127.0.0.1:${port}/today/Bergen%3F`))
      .toBeDefined();
    expect(await ask(createWeather(sqliteCache(path)), 'Bergen?')).toEqual(rain);
    expect(asked).toEqual(['/today/Bergen%3F']);
  } finally {
    upstream.close();
  }
});
