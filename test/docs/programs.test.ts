import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { gql } from '@apollo/client';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { NextRequest } from 'next/server.js';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { cachingPrograms } from '../caches/programs.ts';
import { federationPrograms } from '../federation/programs.ts';
import { projectHosts } from '../hosts/projects/index.ts';
import { Call } from '../incremental/wire.ts';
import { expectHubBetweenProcesses, withPostgres } from './hub.ts';
import { expectTraces, listen, withCollector } from './operations.ts';
import { pastedPrograms } from './pasted/programs.ts';
import { freePort, type Outcome, post, run, serve } from './process.ts';
import { blocksOf, findProgram, pages, parseProgram, programs, wranglerConfigOf } from './programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// The folder is inside the repository, so that the package's name resolves as it does for its users.
const folder = `${root}test/docs/.programs/`;

const deno = `${root}node_modules/deno/deno`;

const preflight = { 'apollo-require-preflight': 'true' };

function write(path: string, text: string): string {
  const file = `${folder}${path}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** Returns the path of a program in the folder. Each page has its own subfolder, because pages share file names. */
function pathOf(id: string): string {
  const { page, name } = findProgram(id);
  return `${page.replace('.md', '')}/${name}`;
}

// biome-ignore lint/suspicious/noExplicitAny: a program exports whatever its page is about.
async function load(id: string): Promise<any> {
  return await import(/* @vite-ignore */ `${folder}${pathOf(id)}`);
}

/** Runs a Node.js program on a free port while `use` runs, and returns its exit code. */
async function withNode(
  id: string,
  use: (url: string, stop: () => Promise<number | null>) => Promise<void>,
): Promise<number | null> {
  return (await outcomeOf(id, use)).code;
}

/** Runs a Node.js program on a free port while `use` runs. */
async function outcomeOf(
  id: string,
  use: (url: string, stop: () => Promise<number | null>) => Promise<void>,
): Promise<Outcome> {
  const port = await freePort();
  const { code } = findProgram(id);
  const file = write(`${pathOf(id).replace('.mts', '')}.run.mts`, code.replaceAll('4000', String(port)));
  const server = await serve([process.execPath, file], port, { cwd: folder });
  try {
    await use(`http://127.0.0.1:${port}/`, () => server.stop());
  } catch (error) {
    await server.stop();
    throw new Error(server.output(), { cause: error });
  }
  return { code: await server.stop(), output: server.output() };
}

async function withDeno(
  id: string,
  use: (url: string) => Promise<void>,
  command: 'run' | 'serve',
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  file = `${folder}${pathOf(id)}`,
): Promise<void> {
  const port = await freePort();
  const args = command === 'serve' ? ['serve', '--port', String(port)] : ['run', '--allow-net'];
  const server = await serve([deno, ...args, ...denoPermissions, ...options, file], port, {
    cwd: folder,
    env: { DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, ...env },
  });
  try {
    await use(`http://127.0.0.1:${port}/`);
  } finally {
    await server.stop();
  }
}

async function withBun(
  id: string,
  use: (url: string) => Promise<void>,
  file = `${folder}${pathOf(id)}`,
): Promise<void> {
  const port = await freePort();
  const bun = `${root}node_modules/bun/bin/bun.exe`;
  const server = await serve([bun, 'run', file], port, {
    cwd: folder,
    env: { BUN_PORT: String(port) },
  });
  try {
    await use(`http://127.0.0.1:${port}/`);
  } finally {
    await server.stop();
  }
}

async function withWrangler(id: string, use: (url: string) => Promise<void>, text?: string): Promise<void> {
  const port = await freePort();
  const path = pathOf(id);
  const config = write(`${path}.toml`, text ?? wranglerConfig(path));
  const wrangler = `${root}node_modules/wrangler/bin/wrangler.js`;
  const command = [process.execPath, wrangler, 'dev', '--config', config, '--ip', '127.0.0.1', '--port', String(port)];
  const env = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' };
  const server = await serve(command, port, { cwd: folder, env });
  try {
    await use(`http://127.0.0.1:${port}/`);
  } finally {
    await server.stop();
  }
}

/** Returns a configuration with everything that a program of the docs may need. */
function wranglerConfig(path: string): string {
  return [
    'name = "docs"',
    `main = "${path.split('/').at(-1)}"`,
    'compatibility_date = "2026-10-20"',
    'compatibility_flags = ["nodejs_compat"]',
    'kv_namespaces = [{ binding = "DOCUMENTS", id = "documents" }]',
    'ratelimits = [{ name = "LIMITER", namespace_id = "1", simple = { limit = 3, period = 60 } }]',
    'r2_buckets = [{ binding = "FILES", bucket_name = "files" }]',
    'vars = { GREETING = "hi", DEVELOPER_KEY = "secret", APOLLO_KEY = "service:docs:key", APOLLO_GRAPH_REF = "docs@current" }',
    '',
  ].join('\n');
}

async function expectJSON(url: string, query: string, body: unknown, headers?: Record<string, string>) {
  const response = await post(url, query, headers);
  expect({ status: response.status, body: await response.json() }).toEqual({ status: 200, body });
}

const expectHello = async (url: string) => await expectJSON(url, '{ hello }', { data: { hello: 'world' } });

/** Expects a subscription to have the same context and events over a WebSocket and over HTTP. */
async function expectGreetings(url: string): Promise<void> {
  const socketURL = url.replace('http', 'ws');
  const foreign = new WebSocket(socketURL, 'graphql-transport-ws', { origin: 'https://other.example' });
  const [error] = await once(foreign, 'error');
  expect(error.message).toMatch(/Unexpected server response: 40[13]/);
  const client = createClient({ url: socketURL, connectionParams: { user: 'Ada' } });
  // Apollo Server executes the query, so an error has a code.
  const query = 'query ($if: Boolean!) { me @include(if: $if) }';
  for (const [variables, result] of [
    [{ if: true }, { data: { me: 'Ada' } }],
    [{ if: 1 }, { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }],
  ]) {
    expect((await client.iterate({ query, variables }).next()).value).toMatchObject(result ?? {});
  }
  const greetings: unknown[] = [];
  for await (const { data } of client.iterate({ query: 'subscription { greetings }' })) greetings.push(data);
  await client.dispose();
  expect(greetings).toEqual([{ greetings: 'Hello Ada' }, { greetings: 'Goodbye Ada' }]);
  const headers = { accept: 'text/event-stream', 'accept-encoding': 'identity', 'x-user': 'Ada' };
  const response = await post(url, 'subscription { greetings }', headers);
  expect(await response.text()).toMatch(/"Hello Ada".*"Goodbye Ada".*event: complete/s);
}

/** Creates a POST request for a program that exports a handler. */
function request(query: string, headers: Record<string, string> = {}): Request {
  return new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
}

type Platform = '@cloudflare/workers-types' | '@types/deno' | 'bun' | 'node';

interface Check {
  /** The platforms whose types the program is compiled against. */
  readonly types: readonly Platform[];
  readonly run: (id: string) => Promise<void>;
}

const node: readonly Platform[] = ['node'];
const everywhere: readonly Platform[] = ['@cloudflare/workers-types', '@types/deno', 'bun', 'node'];
const workers: readonly Platform[] = ['@cloudflare/workers-types'];

const denoPermissions = [
  '--no-prompt',
  '--allow-env=NODE_ENV,APOLLO_KEY,APOLLO_GRAPH_REF,APOLLO_GRAPH_ID,APOLLO_GRAPH_VARIANT,APOLLO_SCHEMA_REPORTING,ENABLE_LONG',
];

/** Checks a program whose exported handler responds to `{ hello }`. */
const greets: Check = {
  types: everywhere,
  async run(id) {
    const { handler } = await load(id);
    expect(await (await handler(request('{ hello }'))).text()).toBe('{"data":{"hello":"world"}}\n');
  },
};

/** Checks a module that replaces a package in the Worker of the same page. */
const loads: Check = {
  types: [],
  async run(id) {
    const { default: replacement } = await load(id);
    expect(typeof replacement).toBe(id.endsWith('sha.cjs') ? 'function' : 'object');
  },
};

/** Checks a Worker with the aliases that the page shows. The first alias computes the hash of a persisted query. */
const aliased: Check = {
  types: workers,
  async run(id) {
    const query = '{ hello }';
    const persist = async (url: string, sha256Hash: string): Promise<unknown> => {
      const extensions = { persistedQuery: { version: 1, sha256Hash } };
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, extensions }) });
      return await response.json();
    };
    const ask = async (url: string) => {
      expect(await persist(url, createHash('sha256').update(query).digest('hex'))).toEqual({
        data: { hello: 'world' },
      });
      expect(await persist(url, 'a'.repeat(64))).toMatchObject({
        errors: [{ message: expect.stringContaining('sha') }],
      });
    };
    await withWrangler(id, ask, wranglerConfigOf('docs/performance.md'));
  },
};

/** Checks a Node.js program that serves `{ hello }`. */
const servesHello: Check = {
  types: node,
  async run(id) {
    await withNode(id, expectHello);
  },
};

/** Creates the multipart body that uploads a file as the variable `file`. */
function uploadOf(query: string, file: File): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { file: null } }));
  form.set('map', '{"0":["variables.file"]}');
  form.set('0', file);
  return form;
}

async function upload(id: string, query: string, headers: Record<string, string>): Promise<Response> {
  const { handler } = await load(id);
  const body = uploadOf(query, new File(['two\nlines'], 'two.txt'));
  return await handler(new Request('http://localhost/', { method: 'POST', headers, body }));
}

/** Checks a module whose `save` writes a file into the current directory, under a name that `save` chooses. */
function saves(types: Platform, command: readonly string[]): Check {
  return {
    types: [types],
    async run(id) {
      const path = pathOf(id);
      const call = `console.log(await save(new File(['content'], '../secret.txt')));`;
      const main = write(
        path.replace('.ts', '.run.mts'),
        `import { save } from './${path.split('/').at(-1)}';\n${call}\n`,
      );
      const { output } = await run([...command, main], { cwd: folder });
      expect(output.trim()).toMatch(/^[\da-f-]{36}$/);
      expect(readFileSync(`${folder}${output.trim()}`, 'utf8')).toBe('content');
    },
  };
}

/** The folder in which a reader of `docs/trusted-documents.md` would run commands. */
const trusted = `${folder}docs/trusted-documents`;

/** Writes the manifest that `docs/trusted-documents.md` tells its reader to generate. */
async function generateManifest(): Promise<void> {
  const generator = `${root}node_modules/@apollo/generate-persisted-query-manifest/cli.js`;
  const { code, output } = await run([process.execPath, generator], { cwd: trusted });
  if (code !== 0) throw new Error(output);
}

const manifest = () => JSON.parse(readFileSync(`${trusted}/persisted-query-manifest.json`, 'utf8'));

/** Expects a server to execute the one document of the manifest by its id, and to refuse another text. */
async function expectDocuments(url: string, code: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ documentId: manifest().operations[0].id });
  const response = await fetch(url, { method: 'POST', headers, body });
  expect(await response.json()).toEqual({ data: { hello: 'world' } });
  expect(await (await post(url, '{ hello }')).json()).toMatchObject({ errors: [{ extensions: { code } }] });
}

/** The options with which Deno runs programs that use a database. */
const withDatabase = ['--unstable-kv', '--allow-read', '--allow-write'];

/** The check of each program that runs here. A program that neither this nor another suite runs fails a test below. */
const checks: Readonly<Record<string, Check>> = {
  'README.md#handler.ts': {
    types: everywhere,
    async run(id) {
      async function use(url: string): Promise<void> {
        await expectHello(url);
        expect(await (await post(url, '{ nope }')).text()).not.toContain('stacktrace');
        expect((await post(url, '{ __schema { description } }')).status).toBe(400);
      }
      await withDeno(id, use, 'serve');
      await withBun(id, use);
      await withWrangler(id, use);
    },
  },
  'README.md#app/graphql/route.ts': {
    types: node,
    async run(id) {
      const route = await load(id);
      expect(Object.keys(route).toSorted()).toEqual(['GET', 'OPTIONS', 'POST']);
      const response: Response = await route.GET(
        new Request('http://localhost/?query={hello}', { headers: preflight }),
      );
      expect(await response.json()).toEqual({ data: { hello: 'world' } });
    },
  },
  'README.md#server.mts': servesHello,
  'README.md#context.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const response: Response = await handler(request('{ me }', { 'x-user': 'ada' }));
      expect(await response.json()).toEqual({ data: { me: 'ada' } });
      expect(response.headers.getSetCookie()).toEqual(['seen=1; Secure; HttpOnly']);
    },
  },

  'docs/context.md#authentication.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      expect(await (await handler(request('{ me }', { 'x-user': 'ada' }))).json()).toEqual({ data: { me: 'ada' } });
      const refusal: Response = await handler(request('{ me }'));
      expect(refusal.status).toBe(401);
      expect(await refusal.json()).toMatchObject({
        errors: [{ message: 'Who are you?', extensions: { code: 'UNAUTHENTICATED' } }],
      });
    },
  },
  'docs/context.md#jwt.ts': {
    types: everywhere,
    async run(id) {
      const { publicKey, privateKey } = await generateKeyPair('ES256');
      const jwks = JSON.stringify({ keys: [await exportJWK(publicKey)] });
      const issuer = createServer((_req, res) => res.end(jwks)).listen(0, '127.0.0.1');
      await once(issuer, 'listening');
      const own = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/`;
      const code = findProgram(id).code.replace('https://issuer.example.com/', own);
      const file = write(pathOf(id).replace('.ts', '.local.ts'), code);
      const token = (audience: string) =>
        new SignJWT()
          .setProtectedHeader({ alg: 'ES256' })
          .setSubject('ada')
          .setIssuer(own)
          .setAudience(audience)
          .setExpirationTime('1m')
          .sign(privateKey);
      const use = async (url: string) => {
        const headers = { authorization: `Bearer ${await token('graphql')}` };
        await expectJSON(url, '{ me }', { data: { me: 'ada' } }, headers);
        for (const authorization of ['', `Bearer ${await token('other')}`]) {
          expect((await post(url, '{ me }', { authorization })).status).toBe(401);
        }
      };
      try {
        await withDeno(id, use, 'serve', ['--allow-net'], {}, file);
        await withBun(id, use, file);
      } finally {
        issuer.close();
        issuer.closeAllConnections();
      }
    },
  },
  'docs/context.md#login.ts': {
    types: everywhere,
    async run(id) {
      const use = async (url: string) => {
        const [cookie = ''] = (await post(url, 'mutation { login }')).headers.getSetCookie();
        const [pair = ''] = cookie.split(';');
        expect(pair).toMatch(/^session=[\da-f-]{36}$/);
        const session = pair.replace('session=', '');
        await expectJSON(url, '{ session }', { data: { session } }, { cookie: `other=1; ${pair}` });
        const both = await post(url, 'mutation { login logout }');
        expect(both.headers.getSetCookie()).toEqual([
          expect.stringMatching(/^session=[\da-f]/),
          expect.stringContaining('Max-Age=0'),
        ]);
      };
      await withDeno(id, use, 'serve');
      await withBun(id, use);
    },
  },
  'docs/context.md#dataloader.ts': {
    types: node,
    async run(id) {
      const data = { a: '1 of 2', b: '2 of 2' };
      const use = async (url: string) => await expectJSON(url, '{ a: name(id: 1) b: name(id: 2) }', { data });
      await withDeno(id, use, 'serve');
      await withBun(id, use);
    },
  },
  'docs/production.md#rate-limit.ts': {
    types: everywhere,
    async run(id) {
      const use = async (url: string) => {
        const responses: Response[] = [];
        for (let count = 0; count < 20; count++) responses.push(await post(url, '{ hello }', { 'x-user': 'ada' }));
        const refused = responses.filter(({ status }) => status === 429);
        expect(refused.length).toBeGreaterThan(0);
        expect(responses.slice(0, 5).map(({ status }) => status)).toEqual(Array(5).fill(200));
        expect(refused[0]?.headers.get('retry-after')).toBe('1');
        expect(await refused[0]?.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
        await expectJSON(url, '{ hello }', { data: { hello: 'world' } }, { 'x-user': 'bob' });
      };
      await withDeno(id, use, 'serve');
      await withBun(id, use);
    },
  },
  'docs/production.md#armor.ts': {
    types: node,
    async run(id) {
      const use = async (url: string) => {
        await expectHello(url);
        const refused = await post(url, '{ self { self { self { self { hello } } } } }');
        expect(refused.status).toBe(400);
        expect(await refused.text()).toContain('depth');
      };
      await withDeno(id, use, 'serve');
      await withBun(id, use);
    },
  },
  'docs/testing.md#handler.ts': { types: everywhere, run: (id) => greets.run(id) },
  // Vitest reads it in the next check.
  'docs/testing.md#vitest.config.ts': { types: [], run: (id) => load(id) },
  'docs/testing.md#handler.test.ts': {
    types: node,
    async run(id) {
      const command = [
        process.execPath,
        `${root}node_modules/vitest/vitest.mjs`,
        'run',
        '--root',
        dirname(`${folder}${pathOf(id)}`),
      ];
      const { code, output } = await run(command, { cwd: folder });
      expect(code, output).toBe(0);
      expect(output).toMatch(/3 passed/);
    },
  },
  'docs/testing.md#clients.ts': {
    types: node,
    async run(id) {
      const { apollo, urql } = await load(id);
      const query = gql`{ hello }`;
      expect((await apollo.query({ query })).data).toEqual({ hello: 'world' });
      expect((await urql.query(query, {}).toPromise()).data).toEqual({ hello: 'world' });
    },
  },
  'docs/context.md#async-local-storage.ts': {
    types: ['@types/deno', 'bun', 'node'],
    async run(id) {
      const { handler } = await load(id);
      expect(await (await handler(request('{ me }', { 'x-user': 'ada' }))).json()).toEqual({ data: { me: 'ada' } });
    },
  },
  'docs/context.md#workers.ts': {
    types: workers,
    run: (id) => withWrangler(id, (url) => expectJSON(url, '{ hello }', { data: { hello: 'hi' } })),
  },
  'docs/context.md#factory.ts': {
    types: workers,
    run: (id) => withWrangler(id, (url) => expectJSON(url, '{ hello }', { data: { hello: 'hi' } })),
  },
  'docs/context.md#async-factory.ts': {
    types: workers,
    async run(id) {
      const { default: worker } = await load(id);
      const env = { SCHEMA_URL: 'data:text/plain,type Query { hello: String }' };
      const response: Response = await worker.fetch(request('{ hello }'), env, { waitUntil() {} });
      expect(await response.json()).toEqual({ data: { hello: 'world' } });
    },
  },
  'docs/context.md#deno.ts': {
    types: ['@types/deno'],
    run: (id) => withDeno(id, (url) => expectJSON(url, '{ address }', { data: { address: '127.0.0.1' } }), 'run'),
  },
  'docs/context.md#bun.ts': {
    types: ['bun'],
    run: (id) =>
      withBun(id, async (url) => {
        const { data } = (await (await post(url, '{ address }')).json()) as { data: { address: string } };
        expect(data.address).toMatch(/127\.0\.0\.1$/);
      }),
  },
  'docs/context.md#app/[tenant]/graphql/route.ts': {
    types: node,
    async run(id) {
      const { POST } = await load(id);
      const response: Response = await POST(request('{ tenant }'), { params: Promise.resolve({ tenant: 'acme' }) });
      expect(await response.json()).toEqual({ data: { tenant: 'acme' } });
    },
  },
  'docs/context.md#app/graphql/route.ts': {
    types: node,
    async run(id) {
      const { POST } = await load(id);
      const response: Response = await POST(new NextRequest(request('{ me }', { cookie: 'user=ada' })));
      expect(await response.json()).toEqual({ data: { me: 'ada' } });
    },
  },
  'docs/context.md#node.mts': {
    types: node,
    async run(id) {
      await withNode(id, async (url) => {
        const { data } = (await (await post(url, '{ address }')).json()) as { data: { address: string } };
        expect(data.address).toMatch(/127\.0\.0\.1$/);
      });
    },
  },

  'docs/hosts/cloudflare.md#usage-reports.ts': {
    types: workers,
    async run(id) {
      const received: string[] = [];
      const sink = createServer((req, res) => {
        received.push(`${req.method} ${req.url}`);
        res.end();
      });
      await once(sink.listen(0, '127.0.0.1'), 'listening');
      try {
        const { port } = sink.address() as AddressInfo;
        const { code } = findProgram(id);
        // The reports go to this machine instead of Apollo's servers.
        const local = code.replace('fetcher:', `endpointUrl: 'http://127.0.0.1:${port}',\n  fetcher:`);
        expect(local).not.toBe(code);
        write(pathOf(id), local);
        await withWrangler(id, async (url) => {
          await expectHello(url);
          await expect.poll(() => received, { timeout: 10_000 }).toEqual(['POST /api/ingress/traces']);
        });
      } finally {
        sink.close();
        sink.closeAllConnections();
      }
    },
  },
  'docs/hosts/bun.md#routes.ts': {
    types: ['bun'],
    run: (id) =>
      withBun(id, async (url) => {
        await expectHello(`${url}graphql`);
        expect(await (await fetch(`${url}health`)).text()).toBe('OK');
      }),
  },
  'docs/hosts/netlify.md#netlify/functions/graphql.mts': {
    types: node,
    async run(id) {
      const { default: handler, config } = await load(id);
      expect(config.path).toBe('/graphql');
      const request = new Request('https://example.com/graphql?query={hello}', { headers: preflight });
      expect(await (await handler(request, { params: {}, waitUntil() {} })).json()).toEqual({
        data: { hello: 'world' },
      });
    },
  },
  'docs/hosts/supabase.md#supabase/functions/graphql/index.ts': {
    types: ['@types/deno'],
    run: (id) => withDeno(id, expectHello, 'run'),
  },
  'docs/hosts/vercel.md#api/graphql.ts': {
    types: node,
    async run(id) {
      const { default: program } = await load(id);
      const request = new Request('https://example.com/api/graphql?query={hello}', { headers: preflight });
      expect(await (await program.fetch(request)).json()).toEqual({ data: { hello: 'world' } });
    },
  },
  'docs/hosts/node.md#hono-node-server.mts': servesHello,
  'docs/hosts/node.md#srvx.mts': servesHello,
  'docs/hosts/node.md#whatwg-node.mts': servesHello,
  'docs/hosts/hono.md#hono.ts': {
    types: ['@cloudflare/workers-types', 'bun', 'node'],
    async run(id) {
      const { default: app } = await load(id);
      const get = () => new Request('http://localhost/graphql?query={hello}', { headers: preflight });
      const hello = { data: { hello: 'world' } };
      const waitUntil = vi.fn();
      const onWorkers: Response = await app.fetch(get(), {}, { waitUntil, passThroughOnException() {} });
      expect(await onWorkers.json()).toEqual(hello);
      expect(waitUntil).toHaveBeenCalled();
      const elsewhere: Response = await app.fetch(get());
      expect(elsewhere.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await elsewhere.json()).toEqual(hello);
      await withBun(id, async (url) => await expectHello(`${url}graphql`));

      const settings = `{
        context: async ({ responseHeaders }) => {
          responseHeaders.append('set-cookie', 'own=1');
          responseHeaders.append('vary', 'x-user');
          return {};
        },
      }`;
      const code = findProgram(id).code.replace(
        'createFetchHandler(server)',
        `createFetchHandler(server, ${settings})`,
      );
      const { default: behind } = await import(/* @vite-ignore */ write('docs/hosts/hono/behind.ts', code));
      const front = new Hono();
      front.use(cors({ origin: 'https://example.com' }), async (c, next) => {
        c.header('set-cookie', 'front=1', { append: true });
        await next();
      });
      front.route('/', behind);
      const { headers } = await front.fetch(get());
      expect(headers.getSetCookie()).toEqual(['front=1', 'own=1']);
      expect(headers.get('vary')?.split(', ').toSorted()).toEqual(['Origin', 'x-user']);
    },
  },

  'docs/incremental-delivery.md#defer.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const accept = 'multipart/mixed; deferSpec=20220824, application/json';
      const response: Response = await handler(request('{ fast ... @defer { slow } }', { accept }));
      const parts: string[] = [];
      for await (const chunk of response.body ?? []) parts.push(new TextDecoder().decode(chunk));
      expect(parts).toHaveLength(2);
      expect(parts[0]).toContain('{"data":{"fast":"now"},"hasNext":true}');
      expect(parts[1]).toContain('"slow":"later"');
    },
  },
  'docs/incremental-delivery.md#client.ts': {
    types: node,
    async run(id) {
      const { handler } = await load('docs/incremental-delivery.md#defer.ts');
      vi.stubGlobal('fetch', async (url: string, init: RequestInit) => await handler(new Request(url, init)));
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await load(id);
        await expect
          .poll(() => log.mock.calls)
          .toEqual([
            ['empty', undefined],
            ['streaming', '{"fast":"now","__typename":"Query"}'],
            ['complete', '{"fast":"now","slow":"later","__typename":"Query"}'],
          ]);
      } finally {
        vi.unstubAllGlobals();
        log.mockRestore();
      }
    },
  },
  'docs/incremental-delivery.md#source.ts': {
    types: ['@types/deno', 'bun', 'node'],
    async run(id) {
      const { handler, hub } = await load(id);
      const accept = 'multipart/mixed; deferSpec=20220824, application/json';
      const response: Response = await handler(request('{ news @stream }', { accept }));
      const reader = response.body?.getReader() ?? expect.fail('no body');
      await reader.read();
      await expect.poll(() => hub.listenerCount('news')).toBe(1);
      hub.emit('news', 'Rain');
      expect(new TextDecoder().decode((await reader.read()).value)).toContain('"items":["Rain"]');
      await reader.cancel();
      await expect.poll(() => hub.listenerCount('news')).toBe(0);
    },
  },
  'docs/incremental-delivery.md#cancellation.ts': {
    types: everywhere,
    async run(id) {
      const signals: (AbortSignal | null | undefined)[] = [];
      vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
        signals.push(init.signal);
        return new Response('sunny');
      });
      try {
        const { handler } = await load(id);
        expect(await (await handler(request('{ weather }'))).json()).toEqual({ data: { weather: 'sunny' } });
        expect(signals).toEqual([expect.any(AbortSignal)]);
      } finally {
        vi.unstubAllGlobals();
      }
    },
  },

  'docs/performance.md#cache-control.ts': greets,
  'docs/performance.md#document-store.ts': greets,
  'docs/performance.md#graphql-jit.ts': {
    types: ['@types/deno', 'bun', 'node'],
    async run(id) {
      const { handler } = await load(id);
      const ask = async (query: string) => await (await handler(request(query))).json();
      expect(await ask('{ hello }')).toEqual({ data: { hello: 'Hello world' } });
      // For the second request, the query is already compiled.
      for (const _time of ['first', 'second']) {
        expect(await ask('{ hello(name: "Ada") }')).toEqual({ data: { hello: 'Hello Ada' } });
      }
      expect(await ask('{ nope }')).toMatchObject({ errors: [{ message: expect.stringContaining('"nope"') }] });
    },
  },

  'docs/performance.md#worker.ts': aliased,
  'docs/performance.md#sha.cjs': loads,
  'docs/performance.md#empty.cjs': loads,

  'docs/production.md#limits.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const statusOf = async (body: string): Promise<number> => {
        const headers = { 'content-type': 'application/json' };
        const response: Response = await handler(new Request('http://localhost/', { method: 'POST', headers, body }));
        return response.status;
      };
      const operation = { query: '{ hello }' };
      const many = Array.from({ length: 1_000 }, (_, index) => `a${index}: hello`).join(' ');
      expect(await statusOf(JSON.stringify(Array(5).fill(operation)))).toBe(200);
      expect(await statusOf(JSON.stringify(Array(6).fill(operation)))).toBe(400);
      expect(await statusOf(JSON.stringify({ query: `{ ${many} }` }))).toBe(400);
      expect(await statusOf(JSON.stringify({ ...operation, variables: { text: 'x'.repeat(100_000) } }))).toBe(413);
    },
  },
  'docs/production.md#errors.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const { errors } = await (await handler(request('{ secret missing nope }'))).json();
      expect(errors).toMatchObject([{ message: expect.stringContaining('"nope"') }]);
      const log = vi.spyOn(console, 'error').mockImplementation(() => {});
      expect(await (await handler(request('{ secret }'))).json()).toEqual({
        errors: [{ message: 'Internal server error' }],
        data: { secret: null },
      });
      expect(log.mock.calls).toEqual([[new Error('The password of the database is wrong.')]]);
      log.mockRestore();
      expect(await (await handler(request('{ missing }'))).json()).toMatchObject({
        errors: [{ message: 'There is no such thing.', path: ['missing'] }],
      });
    },
  },
  'docs/production.md#deadline.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const waiting = Promise.withResolvers<AbortSignal>();
      vi.stubGlobal('fetch', (_url: string, { signal }: { signal: AbortSignal }) => {
        waiting.resolve(signal);
        return new Promise(() => {});
      });
      vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
      try {
        const response: Promise<Response> = handler(request('{ weather }', { origin: 'https://example.com' }));
        const signal = await waiting.promise;
        await vi.advanceTimersByTimeAsync(10_000);
        const { status, headers } = await response;
        expect([status, headers.get('access-control-allow-origin')]).toEqual([504, 'https://example.com']);
        expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
      } finally {
        vi.useRealTimers();
        vi.unstubAllGlobals();
      }
    },
  },
  'docs/production.md#database.ts': {
    types: ['@types/deno', 'bun', 'node'],
    run: (id) =>
      withPostgres(async (url) => {
        vi.stubEnv('DATABASE_URL', url);
        // The pools of the program lose their connections when Postgres stops.
        vi.spyOn(console, 'error').mockImplementation(() => {});
        const { handler } = await load(id);
        vi.unstubAllEnvs();
        expect(await (await handler(request('{ report }'))).text()).toContain('TIMEOUT');
        const client = new pg.Client(url);
        await client.connect();
        const running = "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'";
        await expect.poll(async () => (await client.query(running)).rowCount, { timeout: 5_000 }).toBe(0);
        await client.end();
      }).finally(() => vi.restoreAllMocks()),
  },
  'docs/production.md#cors.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const allowedOrigin = async (origin: string) => {
        const response: Response = await handler(request('{ hello }', { origin }));
        expect(await response.json()).toEqual({ data: { hello: 'world' } });
        return response.headers.get('access-control-allow-origin');
      };
      expect(await allowedOrigin('https://example.com')).toBe('https://example.com');
      expect(await allowedOrigin('https://example.com.evil.test')).toBeNull();
    },
  },
  'docs/production.md#compression.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const url = 'http://localhost/?query={numbers}';
      const headers = { ...preflight, 'accept-encoding': 'gzip', origin: 'https://example.com' };
      const response: Response = await handler(new Request(url, { headers }));
      expect(response.headers.get('access-control-allow-origin')).toBe('https://example.com');
      expect(JSON.parse(gunzipSync(await response.bytes()).toString()).data.numbers).toHaveLength(1000);
      const inflated = await handler(
        new Request('http://localhost/', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
          body: gzipSync('{"query":"{ hello }"}'),
        }),
      );
      expect(await inflated.json()).toEqual({ data: { hello: 'world' } });
    },
  },
  'docs/production.md#landing-page.ts': {
    types: everywhere,
    async run(id) {
      const page = async (url: string) => await (await fetch(url, { headers: { accept: 'text/html' } })).text();
      const expectOwnPage = async (url: string) => {
        expect(await page(url)).toContain('src="/graphiql/main.js"');
        expect(await page(url)).not.toContain('apollographql');
      };
      const path = write(
        pathOf(id).replace('.ts', '.serve.ts'),
        `${findProgram(id).code}export default { fetch: handler };\n`,
      );
      await withDeno(id, expectOwnPage, 'serve', [], {}, path);
      await withBun(id, expectOwnPage, path);
    },
  },
  'docs/production.md#routes.ts': {
    types: everywhere,
    async run(id) {
      const { default: app } = await load(id);
      const statusOf = async (path: string): Promise<number> =>
        (await app.fetch(new Request(`http://localhost${path}`))).status;
      expect(await statusOf('/health')).toBe(200);
      expect(await statusOf('/ready')).toBe(204);
      expect(await statusOf('/')).toBe(404);
      const get = new Request('http://localhost/graphql?query={hello}', { headers: preflight });
      expect(await (await app.fetch(get)).json()).toEqual({ data: { hello: 'world' } });
    },
  },
  'docs/subscriptions.md#handler.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const query = 'subscription { countdown(from: 2) }';
      const response: Response = await handler(request(query, { accept: 'text/event-stream' }));
      expect(await response.text()).toBe(
        [
          ':\n',
          'event: next\ndata: {"data":{"countdown":2}}\n\n',
          'event: next\ndata: {"data":{"countdown":1}}\n\n',
          'event: complete\ndata:\n\n',
        ].join(''),
      );
    },
  },
  'docs/subscriptions.md#client.ts': {
    types: node,
    async run(id) {
      const { handler } = await load('docs/subscriptions.md#handler.ts');
      vi.stubGlobal('fetch', async (url: string, init: RequestInit) => await handler(new Request(url, init)));
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await load(id);
        await expect
          .poll(() => log.mock.calls, { timeout: 5_000 })
          .toEqual([['{"countdown":2}'], ['{"countdown":1}'], ['complete']]);
      } finally {
        vi.unstubAllGlobals();
        log.mockRestore();
      }
    },
  },
  'docs/subscriptions.md#fresh.ts': {
    types: node,
    async run(id) {
      const { handler } = await load(id);
      const response: Response = await handler(
        request('subscription { stock { price } }', { accept: 'text/event-stream' }),
      );
      expect(await response.text()).toMatch(/"price":1.*"price":2.*"price":3/s);
    },
  },
  'docs/subscriptions.md#ticker.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const open = async (role: string) => {
        const headers = { accept: 'text/event-stream', 'x-role': role };
        const { body }: Response = await handler(request('subscription { price(of: "A") }', headers));
        const chunks = body?.pipeThrough(new TextDecoderStream()).getReader();
        await chunks?.read();
        return { read: async () => (await chunks?.read())?.value, leave: async () => await chunks?.cancel() };
      };
      const first = await open('member');
      expect(await first.read()).toContain('"price":1');
      const [late, other] = [await open('member'), await open('guest')];
      expect(await late.read(), 'it shares the source of the first client').toContain('"price":2');
      expect(await other.read()).toContain('"price":1');
      for (const { leave } of [first, late, other]) await leave();
    },
  },
  'docs/subscriptions.md#in-process.ts': {
    types: node,
    async run(id) {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await load(id);
        expect(log.mock.calls).toEqual([['{"countdown":2}'], ['{"countdown":1}']]);
      } finally {
        log.mockRestore();
      }
    },
  },
  'docs/subscriptions.md#postgres.ts': {
    types: ['@types/deno', 'bun', 'node'],
    run: (id) =>
      withPostgres((url, stop) => expectHubBetweenProcesses(`${folder}${pathOf(id)}`, { DATABASE_URL: url }, stop)),
  },
  'docs/subscriptions.md#app.ts': {
    types: everywhere,
    run: () => withBun('docs/subscriptions.md#bun.ts', (url) => expectJSON(url, '{ me }', { data: { me: 'nobody' } })),
  },
  'docs/subscriptions.md#node.mts': {
    types: node,
    async run(id) {
      await withNode(id, expectGreetings);
    },
  },
  'docs/subscriptions.md#bun.ts': { types: ['bun'], run: (id) => withBun(id, expectGreetings) },
  'docs/subscriptions.md#deno.ts': {
    types: ['@types/deno'],
    run: (id) => withDeno(id, expectGreetings, 'serve'),
  },
  'docs/subscriptions.md#worker.ts': { types: workers, run: (id) => withWrangler(id, expectGreetings) },

  'docs/production.md#start.mts': servesHello,
  'docs/production.md#keep-alive.mts': {
    types: node,
    async run(id) {
      await withNode(id, async (url) => {
        expect((await post(url, '{ hello }')).headers.get('keep-alive')).toBe('timeout=65');
      });
    },
  },
  'docs/production.md#stop.mts': {
    types: node,
    async run(id) {
      // Apollo Server stops and then sends the signal to its own process again, so there is no exit code.
      expect(await withNode(id, expectHello)).toBeNull();
    },
  },
  'docs/production.md#ready.mts': {
    types: node,
    async run(id) {
      await withNode(id, async (url, stop) => {
        const ready = async () => (await fetch(`${url}ready`)).status;
        expect(await ready()).toBe(204);
        const exited = stop();
        await expect.poll(ready).toBe(503);
        // These are new connections, because the server closes each of them after its response.
        for (let requests = 0; requests < 2; requests++) await expectHello(`${url}graphql`);
        expect(await exited).toBeNull();
      });
    },
  },

  'docs/trusted-documents.md#src/operations.ts': {
    types: node,
    async run() {
      expect(manifest()).toEqual({
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: expect.any(String), name: 'Hello', type: 'query', body: 'query Hello {\n  hello\n}' }],
      });
    },
  },
  'docs/trusted-documents.md#src/client.ts': {
    types: node,
    async run(id) {
      const { handler } = await load('docs/trusted-documents.md#server.ts');
      const { hello } = await load('docs/trusted-documents.md#src/operations.ts');
      const bodies: unknown[] = [];
      vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
        bodies.push(JSON.parse(String(init.body)));
        return await handler(new Request(url, init));
      });
      try {
        const { client } = await load(id);
        expect((await client.query({ query: hello })).data).toEqual({ hello: 'world' });
        expect(bodies).toEqual([expect.not.objectContaining({ query: expect.anything() })]);
      } finally {
        vi.unstubAllGlobals();
      }
    },
  },
  'docs/trusted-documents.md#server.ts': {
    types: everywhere,
    run: (id) => withDeno(id, (url) => expectDocuments(url, 'QUERY_NOT_IN_SAFELIST'), 'serve'),
  },
  'docs/trusted-documents.md#observe.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      try {
        const client = { 'apollographql-client-name': 'app', 'apollographql-client-version': '1' };
        for (const query of ['query Hello { hello }', '{ hello }']) {
          expect((await handler(request(query, client))).status).toBe(200);
        }
        expect(warn.mock.calls).toEqual([['{"client":"app","version":"1","text":"{ hello }"}']]);
      } finally {
        warn.mockRestore();
      }
    },
  },
  'docs/trusted-documents.md#publish-kv.mts': {
    types: node,
    async run(id) {
      expect(await run([process.execPath, `${folder}${pathOf(id)}`], { cwd: trusted })).toEqual({
        code: 0,
        output: '',
      });
      const [{ id: hash, body }] = manifest().operations;
      const written = JSON.parse(readFileSync(`${trusted}/documents.json`, 'utf8'));
      expect(written).toEqual([{ key: `document:${hash}`, value: body }]);
    },
  },
  'docs/trusted-documents.md#workers-kv.ts': {
    types: workers,
    async run(id) {
      const [{ id: hash, body }] = manifest().operations;
      const documents = write('documents.json', JSON.stringify([{ key: `document:${hash}`, value: body }]));
      const config = write(`${pathOf(id)}.toml`, wranglerConfig(pathOf(id)));
      const put = [`${root}node_modules/wrangler/bin/wrangler.js`, 'kv', 'bulk', 'put', documents];
      const options = ['--binding', 'DOCUMENTS', '--local', '--config', config];
      const { code, output } = await run([process.execPath, ...put, ...options], { cwd: folder });
      expect(code, output).toBe(0);
      await withWrangler(id, async (url) => {
        await expectDocuments(url, 'PERSISTED_QUERY_ID_REQUIRED');
        await expectJSON(url, '{ hello }', { data: { hello: 'world' } }, { 'x-developer-key': 'secret' });
      });
    },
  },
  'docs/trusted-documents.md#publish-deno.ts': {
    types: ['@types/deno'],
    async run(id) {
      const command = [deno, 'run', '--no-prompt', ...withDatabase, `${folder}${pathOf(id)}`];
      expect(await run(command, { cwd: folder })).toEqual({ code: 0, output: '' });
    },
  },
  'docs/trusted-documents.md#deno-kv.ts': {
    types: ['@types/deno'],
    async run(id) {
      const path = pathOf('docs/trusted-documents.md#publish-deno.ts');
      await run([deno, 'run', '--no-prompt', ...withDatabase, `${folder}${path}`], { cwd: folder });
      await withDeno(id, (url) => expectDocuments(url, 'PERSISTED_QUERY_ID_REQUIRED'), 'run', withDatabase);
    },
  },

  'docs/http-query.md#server.ts': {
    types: everywhere,
    run: (id) =>
      withDeno(
        id,
        async (url) => {
          const headers = { 'content-type': 'application/json' };
          const send = (query: string) => fetch(url, { method: 'QUERY', headers, body: JSON.stringify({ query }) });
          expect(await (await send('{ hello(name: "Ada") }')).json()).toEqual({ data: { hello: 'Hello Ada' } });
          expect((await send('mutation { rename }')).status).toBe(422);
        },
        'serve',
      ),
  },
  'docs/http-query.md#client.ts': {
    types: everywhere,
    run: (id) =>
      withDeno(
        'docs/http-query.md#server.ts',
        async (url) => {
          const { query } = await load(id);
          const text = 'query Q($name: String) { hello(name: $name) }';
          expect(await query(url, text, { name: 'Ada' })).toEqual({ hello: 'Hello Ada' });
          await expect(query(url, 'mutation { rename }')).rejects.toThrow('QUERY executes no mutations.');
        },
        'serve',
      ),
  },
  'docs/http-query.md#apollo-client.ts': {
    types: node,
    async run(id) {
      const { handler } = await load('docs/http-query.md#server.ts');
      const sent: string[] = [];
      vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
        sent.push(`${init.method} ${url}`);
        return await handler(new Request(url, init));
      });
      try {
        const { client } = await load(id);
        const { data } = await client.query({ query: parse('{ hello(name: "Ada") }') });
        expect(data).toEqual({ hello: 'Hello Ada' });
        await client.mutate({ mutation: parse('mutation { rename(name: "Ada") }') });
        expect(sent).toEqual(['QUERY http://localhost:4000/graphql', 'POST http://localhost:4000/mutations']);
      } finally {
        vi.unstubAllGlobals();
      }
    },
  },
  'docs/http-query.md#statuses.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const statusOf = async (accept: string) => (await handler(request('{ nope }', { accept }))).status;
      expect(await statusOf('application/graphql-response+json')).toBe(422);
      expect(await statusOf('application/json')).toBe(400);
    },
  },

  'docs/uploads.md#uploads.ts': {
    types: everywhere,
    async run(id) {
      const query = 'mutation ($file: Upload!) { countLines(file: $file) }';
      expect(await (await upload(id, query, preflight)).json()).toEqual({ data: { countLines: 2 } });
      expect(await (await upload(id, query, {})).text()).toContain('Cross-Site Request Forgery');
    },
  },
  'docs/uploads.md#own-header.ts': {
    types: everywhere,
    async run(id) {
      const query = 'mutation ($file: Upload!) { size(file: $file) }';
      expect(await (await upload(id, query, { 'x-my-client': '1' })).json()).toEqual({ data: { size: 9 } });
      expect((await upload(id, query, preflight)).status).toBe(400);
    },
  },
  'docs/uploads.md#save-on-node.ts': saves('node', [process.execPath]),
  'docs/uploads.md#save-on-deno.ts': saves('@types/deno', [deno, 'run', '--allow-write=.']),
  'docs/uploads.md#save-on-bun.ts': saves('bun', [`${root}node_modules/bun/bin/bun.exe`]),
  'docs/uploads.md#save-on-workers.ts': {
    types: workers,
    async run(id) {
      await withWrangler(id, async (url) => {
        const body = uploadOf(
          'mutation ($file: Upload!) { save(file: $file) }',
          new File(['content'], '../secret.txt'),
        );
        const response = await fetch(url, { method: 'POST', headers: preflight, body });
        expect(await response.json()).toEqual({ data: { save: expect.stringMatching(/^[\da-f-]{36}$/) } });
      });
    },
  },
  'docs/uploads.md#upload-client.ts': {
    // The types of apollo-upload-client are in JSDoc, which TypeScript does not read.
    types: [],
    async run(id) {
      const { handler } = await load('docs/uploads.md#uploads.ts');
      vi.stubGlobal('fetch', async (url: string, init: RequestInit) => await handler(new Request(url, init)));
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await load(id);
        expect(log.mock.calls).toEqual([['{"countLines":2}']]);
      } finally {
        vi.unstubAllGlobals();
        log.mockRestore();
      }
    },
  },

  'docs/operations.md#log.mts': {
    types: node,
    async run(id) {
      const query = 'subscription Count($to: Int!) { count(to: $to) }';
      const { output } = await outcomeOf(id, async (url) => {
        const call = (id: string, body: string) =>
          new Call(url, { headers: { accept: 'text/event-stream, */*', 'x-request-id': id }, body });
        const hello = call('whole', '{"query":"{hello}"}');
        await hello.rest();
        expect((await hello.head()).headers.get('x-request-id')).toBe('whole');
        await call('stream', JSON.stringify({ query, variables: { to: 3 } })).rest();
        const left = call('left', JSON.stringify({ query, variables: { to: 1e9 } }));
        for (let text = ''; !text.includes('"count":3'); ) text += await left.next();
        left.disconnect('RST');
        await call('refused', '{').rest();
        // A hostile id is replaced.
        expect((await post(url, '{hello}', { 'x-request-id': 'a b' })).headers.get('x-request-id')).toHaveLength(36);
      });
      const lines = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).toMatchObject([
        { id: 'whole', operationType: 'query', status: 200, errors: 0, codes: [], outcome: 'complete' },
        { id: 'stream', operationName: 'Count', operationType: 'subscription', outcome: 'complete', parts: 3 },
        { id: 'left', operationName: 'Count', status: 200, outcome: 'disconnected' },
        { id: 'refused', status: 400, errors: 1, codes: ['BAD_REQUEST'], outcome: 'complete' },
        { status: 200 },
      ]);
      expect(lines[2].parts).toBeGreaterThanOrEqual(3);
    },
  },
  'docs/operations.md#metrics.ts': {
    types: everywhere,
    async run(id) {
      const { handler, metrics } = await load(id);
      for (const query of ['{hello}', '{hello}', '{']) await handler(request(query));
      const text: string = await metrics().text();
      for (const [type, count] of [
        ['query', 2],
        ['none', 1],
      ]) {
        expect(text).toContain(`_bucket{type="${type}",outcome="complete",le="+Inf"} ${count}\n`);
        expect(text).toContain(`_count{type="${type}",outcome="complete"} ${count}\n`);
      }
      expect(text.match(/_bucket/g)).toHaveLength(10);
    },
  },
  'docs/operations.md#telemetry.ts': {
    types: node,
    async run(id) {
      expect(await load(id)).toHaveProperty('tracerProvider');
    },
  },
  'docs/operations.md#traced.ts': {
    types: node,
    async run(id) {
      const telemetry = pathOf(id).replace('traced', 'telemetry');
      const { code } = findProgram(id.replace('traced', 'telemetry'));
      await withCollector(async (port, spans) => {
        write(telemetry, code.replace('4318', String(port)));
        const traced = (url: string) => expectTraces(url, spans, { kind: 'server', parent: true });
        await withBun(id, traced);
        await withWrangler(id, traced);
        const free = await freePort();
        const main = write(
          pathOf(id).replace('traced.ts', 'traced.run.mts'),
          `import { createServer } from 'node:http';
          import { createRequestListener } from 'apollo-server-integration-fetch/node';
          import { handler } from './traced.ts';
          createServer(createRequestListener(handler)).listen(${free});`,
        );
        const server = await serve([process.execPath, main], free, { cwd: folder });
        await traced(`http://127.0.0.1:${free}/`);
        await server.stop();
      });
      write(telemetry, code);
    },
  },
  'docs/operations.md#deno.ts': {
    types: everywhere,
    async run(id) {
      await withCollector(async (port, spans) => {
        await withDeno(id, (url) => expectTraces(url, spans, { kind: 'internal', parent: false }), 'serve', [], {
          OTEL_DENO: 'true',
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
          OTEL_BSP_SCHEDULE_DELAY: '100',
        });
      });
    },
  },
  'docs/operations.md#sentry.ts': {
    types: node,
    async run(id) {
      const envelopes: string[] = [];
      await using sentry = await listen((body) => void envelopes.push(body));
      const file = write(
        pathOf(id).replace('sentry.ts', 'sentry.run.mts'),
        `${findProgram(id).code.replace('9000', String(sentry.port))}
        for (const query of ['{hello}', '{secret}']) {
          await handler(new Request('http://localhost/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) }));
        }
        await Sentry.flush(5000);
        process.exit(0);`,
      );
      const { output } = await run([process.execPath, file], { cwd: folder });
      expect(output).toBe('');
      const events = envelopes.filter((envelope) => envelope.includes('"exception"'));
      expect(events).toEqual([expect.stringContaining('The database is down.')]);
    },
  },
  'docs/operations.md#order.ts': {
    types: everywhere,
    async run(id) {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await greets.run(id);
        expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('"operationType":"query"'));
      } finally {
        log.mockRestore();
      }
    },
  },

  'docs/deploying.md#server.mts': {
    types: node,
    async run(id) {
      const page = readFileSync(`${root}docs/deploying.md`, 'utf8');
      const [, check = ''] = /^HEALTHCHECK CMD (.*)$/m.exec(page) ?? [];
      const code = await withNode(id, async (url) => {
        await expectHello(`${url}graphql`);
        expect((await fetch(`${url}ready`)).status).toBe(200);
        const [, ...args]: string[] = JSON.parse(check.replace('4000', new URL(url).port));
        expect(await run([process.execPath, ...args], { cwd: folder })).toEqual({ code: 0, output: '' });
      });
      // The process ends by itself. Nobody can end process 1 of a container with SIGTERM.
      expect(code).toBe(0);
    },
  },
  'docs/production.md#rate-limit-worker.ts': {
    types: workers,
    async run(id) {
      await withWrangler(id, async (url) => {
        await expectHello(url);
        const responses: Response[] = [];
        for (let count = 0; count < 10; count++) responses.push(await post(url, '{ hello }'));
        const refused = responses.find(({ status }) => status === 429);
        expect(await refused?.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
      });
    },
  },

  'docs/schemas.md#pothos.ts': {
    types: everywhere,
    async run(id) {
      const use = (url: string) => expectJSON(url, '{ me }', { data: { me: 'ada' } }, { 'x-user': 'ada' });
      await withDeno(id, use, 'serve');
      await withBun(id, use);
    },
  },
  'docs/schemas.md#reload.ts': {
    types: everywhere,
    async run(id) {
      const { handler, reload } = await load(id);
      const ask = async (query: string) => await (await handler(request(query))).json();
      expect(await ask('{ hello }')).toEqual({ data: { hello: 'world' } });
      let resolve: ((value: string) => void) | undefined;
      const slow = () =>
        new Promise((done) => {
          resolve = done;
        });
      reload(makeExecutableSchema({ typeDefs: 'type Query { slow: String }', resolvers: { Query: { slow } } }));
      expect((await handler(request('{ hello }'))).status).toBe(400);
      const begun = ask('{ slow }');
      await expect.poll(() => resolve).toBeDefined();
      reload(makeExecutableSchema({ typeDefs: 'type Query { hello: String }' }));
      resolve?.('done');
      expect(await begun).toEqual({ data: { slow: 'done' } });
      expect(await ask('{ hello }')).toEqual({ data: { hello: null } });
    },
  },
  'docs/schemas.md#tenants.ts': {
    types: everywhere,
    async run(id) {
      const { handler } = await load(id);
      const ask = (tenant: string, query: string): Promise<Response> =>
        handler(new Request(`https://${tenant}.example.com/?query=${query}`, { headers: preflight }));
      expect(await (await ask('acme', '{price}')).json()).toEqual({ data: { price: 3 } });
      expect(await (await ask('zenith', '{title}')).json()).toEqual({ data: { title: 'Emma' } });
      expect((await ask('acme', '{title}')).status).toBe(400);
      expect((await ask('other', '{title}')).status).toBe(404);
    },
  },

  'docs/context.md#app/page.tsx': {
    types: node,
    async run(id) {
      const project = dirname(dirname(pathOf(id)));
      write(
        `${project}/app/layout.tsx`,
        'export default ({ children }: { children: React.ReactNode }) => <html><body>{children}</body></html>;',
      );
      const port = await freePort();
      const next = `${root}node_modules/next/dist/bin/next`;
      const command = [process.execPath, next, 'dev', `${folder}${project}`, '--port', String(port)];
      const server = await serve(command, port, { cwd: folder, env: { NEXT_TELEMETRY_DISABLED: '1' } });
      try {
        const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie: 'session=ada' } });
        expect(await page.text(), server.output()).toContain('<p>ada</p>');
      } finally {
        await server.stop();
      }
    },
  },
};

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const id of Object.keys(checks)) write(pathOf(id), findProgram(id).code);
  await generateManifest();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the README stays under 180 lines and 8 kB', () => {
  const text = readFileSync(`${root}README.md`, 'utf8');
  expect(text.split('\n').length - 1).toBeLessThan(180);
  expect(Buffer.byteLength(text)).toBeLessThan(8_000);
});

describe('each program', () => {
  test.for(pages)('of %s names its file', (page) => {
    for (const code of blocksOf(page)) {
      expect(parseProgram(page, code), `a program without the name of its file:\n${code}`).toBeDefined();
    }
  });

  test('is run, here or by another suite', () => {
    const ids = programs.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    const projectPrograms = projectHosts.flatMap((host) => host.programs);
    const run = new Set([
      ...Object.keys(checks),
      ...pastedPrograms,
      ...cachingPrograms,
      ...federationPrograms,
      ...projectPrograms,
    ]);
    expect([...run].toSorted()).toEqual(ids.toSorted());
  });

  test('of a host that has only a line in the docs is that line', () => {
    const [, others = ''] = readFileSync(`${root}docs/hosts/frameworks.md`, 'utf8').split('## Others\n');
    const lines = Array.from(others.matchAll(/^\| .+? \| `(.+?)` \|/gm), ([, line = '']) => line);
    const hosts = projectHosts.filter(({ programs }) => programs.length === 0).map(({ id }) => id);
    const sources = hosts.map((id) =>
      globSync(`test/hosts/projects/${id}/**/*.{ts,mts}`, { cwd: root, exclude: ['**/node_modules'] })
        .map((file) => readFileSync(`${root}${file}`, 'utf8'))
        .join(''),
    );
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(sources).toContainEqual(expect.stringContaining(line));
  });
});

/** Compiles the files with the global types of one platform, and returns the output of `tsc`. */
async function compile(types: Platform, files: readonly string[]): Promise<string> {
  const config = write(
    `tsconfig.${types.replaceAll('/', '-')}.json`,
    JSON.stringify({
      extends: '../../package/types/tsconfig.base.json',
      // Runtimes that run TypeScript need the file extension in an import.
      compilerOptions: {
        allowImportingTsExtensions: true,
        jsx: 'react-jsx',
        types: [types],
        lib: ['ES2024', ...(types === 'node' ? ['DOM', 'DOM.Iterable'] : [])],
      },
      files,
    }),
  );
  const { output } = await run([process.execPath, `${root}node_modules/typescript/bin/tsc`, '-p', config], {
    cwd: folder,
  });
  return output;
}

describe('the types', () => {
  test.for(everywhere)('of the programs fit %s', async (types) => {
    const files = Object.keys(checks).filter((id) => checks[id]?.types.includes(types));
    expect(files).not.toEqual([]);
    expect(
      await compile(
        types,
        files.map((id) => `${folder}${pathOf(id)}`),
      ),
    ).toBe('');
  });

  test('of the examples in docstrings fit', async () => {
    const examples = globSync('src/**/*.ts', { cwd: root }).flatMap((file) =>
      [...readFileSync(`${root}${file}`, 'utf8').matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map(
        ([, code = ''], index) => write(`${file}.${index}.ts`, code.replace(/^ *\* ?/gm, '')),
      ),
    );
    expect(examples).not.toEqual([]);
    expect(await compile('node', examples)).toBe('');
  });
});

describe('running', () => {
  test.for(Object.entries(checks))('%s', async ([id, check]) => {
    await check.run(id);
  });
});
