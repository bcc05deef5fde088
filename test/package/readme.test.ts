import { execFile } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { commands, launch } from '../../scripts/launch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository, so that the package's own name resolves as it does for its users.
const folder = `${root}test/package/.readme/`;

/** The README's programs by file name: each begins with a comment that tells it. */
const programs = new Map(
  [...readFileSync(`${root}README.md`, 'utf8').matchAll(/^```ts\n\/\/ ([\w./]+\.ts)[^\n]*\n([\s\S]*?)^```$/gm)].map(
    ([, name = '', code = '']) => [name, code],
  ),
);

function write(name: string, text: string): string {
  const file = `${folder}${name}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** What `tsc` has to say of the files, with the globals of one platform. */
async function compile(types: string, files: readonly string[]): Promise<string> {
  const config = write(
    `tsconfig.${types.replaceAll('/', '-')}.json`,
    JSON.stringify({
      extends: '../types/tsconfig.base.json',
      compilerOptions: { types: [types], allowImportingTsExtensions: true },
      files,
    }),
  );
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', config]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, code] of programs) write(name, code);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('each TypeScript example has a file name, and so is compiled and run', () => {
  const examples = readFileSync(`${root}README.md`, 'utf8').match(/^```ts$/gm) ?? [];
  expect(programs.size).toBe(examples.length);
});

test.for([
  [
    '@cloudflare/workers-types',
    ['handler.ts', 'worker.ts', 'context.ts', 'factory.ts', 'defer.ts', 'cors.ts', 'hono.ts'],
  ],
  ['@types/deno', ['deno.ts']],
  ['bun', ['bun.ts']],
  ['node', ['node.ts', 'stop.ts', 'app/graphql/route.ts']],
] as const)('the examples compile with %s', async ([types, files]) => {
  expect(await compile(types, files)).toBe('');
});

test('the examples of the docstrings compile', async () => {
  const examples = globSync('src/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(`${root}${file}`, 'utf8').matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map(
      ([, code = ''], index) => write(`${file}.${index}.ts`, code.replace(/^ *\* ?/gm, '')),
    ),
  );
  expect(examples).not.toEqual([]);
  expect(await compile('node', examples)).toBe('');
});

async function ask(url: string, query: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
}

describe('the examples run', () => {
  /** A Node program on any free port, which it prints. */
  function onFreePort(name: string): string {
    const code = (programs.get(name) ?? '').replace(
      '.listen(4000)',
      ".listen(0, function () { console.log('http://localhost:' + this.address().port); })",
    );
    return write(name.replace('.ts', '.run.ts'), code);
  }

  /** What a test needs and a reader does not: any free port, and its number. */
  const prepare: Record<keyof typeof commands, () => string> = {
    node: () => onFreePort('node.ts'),
    bun: () =>
      write(
        'bun.run.ts',
        (programs.get('bun.ts') ?? '').replace(
          /^Bun\.serve.*;$/m,
          (serve) => `console.log(String((${serve.slice(0, -1)}).url));`,
        ),
      ),
    deno: () => `${folder}deno.ts`,
    wrangler: () => wranglerConfig('worker.ts'),
  };

  function wranglerConfig(main: string): string {
    const settings = ['name = "readme"', `main = "${main}"`, 'compatibility_date = "2026-10-20"'];
    return write(
      `${main}.toml`,
      [...settings, 'compatibility_flags = ["nodejs_compat"]', 'vars = { GREETING = "hi" }', ''].join('\n'),
    );
  }

  test.for(Object.keys(prepare) as (keyof typeof commands)[])('on %s', async (name) => {
    // Bun and Deno take the port from these where a program names none.
    const server = await launch(commands[name], prepare[name](), {
      DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:0',
      BUN_PORT: '0',
    });
    try {
      const response = await ask(server.url, '{ hello }');
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('{"data":{"hello":"world"}}\n');
      expect(await (await ask(server.url, '{ nope }')).text()).not.toContain('stacktrace');
    } finally {
      await server.stop();
    }
  });

  test('a server made of a binding', async () => {
    const server = await launch(commands.wrangler, wranglerConfig('factory.ts'));
    try {
      expect(await (await ask(server.url, '{ hello }')).json()).toEqual({ data: { hello: 'hi' } });
    } finally {
      await server.stop();
    }
  });

  test('a Next.js route, by the names that Next.js calls', async () => {
    const route = await import(/* @vite-ignore */ `${folder}app/graphql/route.ts`);
    const request = new Request('http://localhost/graphql?query={hello}', {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    expect(await (await route.GET(request)).json()).toEqual({ data: { hello: 'world' } });
    expect(route.POST).toBe(route.GET);
    expect(route.OPTIONS).toBe(route.GET);
  });

  test('a context that reads a header and sets two cookies', async () => {
    const { handler } = await import(/* @vite-ignore */ `${folder}context.ts`);
    const response: Response = await handler(
      new Request('http://localhost/', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user': 'ada' },
        body: '{"query":"{ me }"}',
      }),
    );
    expect(await response.json()).toEqual({ data: { me: 'ada' } });
    expect(response.headers.getSetCookie()).toEqual(['seen=1; Secure; HttpOnly', 'theme=dark']);
  });

  test('a server that answers what is in flight, and ends by the signal', async () => {
    const server = await launch(commands.node, onFreePort('stop.ts'));
    expect(await (await ask(server.url, '{ hello }')).json()).toEqual({ data: { hello: 'world' } });
    expect(await server.stop()).toBeNull();
  });

  test('a deferred field', async () => {
    const { handler } = await import(/* @vite-ignore */ `${folder}defer.ts`);
    const response: Response = await handler(
      new Request('http://localhost/', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'multipart/mixed; deferSpec=20220824, application/json',
        },
        body: '{"query":"{ fast ... @defer { slow } }"}',
      }),
    );
    const parts = [];
    for await (const chunk of response.body ?? []) parts.push(new TextDecoder().decode(chunk));
    expect(parts).toHaveLength(2);
    expect(parts[0]).toContain('{"data":{"fast":"now"},"hasNext":true}');
    expect(parts[1]).toContain('"slow":"later"');
  });

  test('an origin that may call, and one that may not', async () => {
    const { default: worker } = await import(/* @vite-ignore */ `${folder}cors.ts`);
    const allowed = async (origin: string) => {
      const headers = { origin, 'apollo-require-preflight': 'yes' };
      const response: Response = await worker.fetch(new Request('http://localhost/?query={hello}', { headers }));
      expect(await response.json()).toEqual({ data: { hello: 'world' } });
      return response.headers.get('access-control-allow-origin');
    };
    expect(await allowed('https://example.com')).toBe('https://example.com');
    expect(await allowed('https://example.com.evil.test')).toBeNull();
  });

  test('a route of Hono', async () => {
    const { default: app } = await import(/* @vite-ignore */ `${folder}hono.ts`);
    const waitUntil = vi.fn();
    const request = new Request('http://localhost/graphql?query={hello}', {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    const response: Response = await app.fetch(request, {}, { waitUntil, passThroughOnException() {} });
    expect(await response.json()).toEqual({ data: { hello: 'world' } });
    expect(waitUntil).toHaveBeenCalled();
  });
});
