import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { post, run } from '../process.ts';
import { findProgram } from '../programs.ts';
import { pastedPrograms } from './programs.ts';
import { createProject, type Project } from './project.ts';

const packages = [
  '@apollo/server@5',
  'graphql@16',
  '@as-integrations/aws-lambda@4',
  '@as-integrations/cloudflare-workers@1',
  '@as-integrations/express5@1',
  '@as-integrations/fastify@3',
  '@as-integrations/h3@2',
  '@as-integrations/koa@3',
  '@as-integrations/next@4',
  '@koa/bodyparser@6',
  'cors@2',
  'express@5',
  'fastify@5',
  'graphql-yoga@5',
  'h3@1',
  'koa@3',
  '@cloudflare/workers-types@5.20261117.1',
  '@types/aws-lambda@8',
  '@types/cors@2',
  '@types/express@5',
  '@types/koa@3',
  '@types/node@24',
  '@types/react@19',
  'next@16.4.3',
  'react@19.3.0',
  'react-dom@19.3.0',
  'typescript@7',
];

const me = '{"data":{"me":"ada"}}\n';

let project: Project;

/** Returns the path of a program. A reader's existing code has its own folder, `before`. */
function pathOf(id: string): string {
  const { name, isBefore } = findProgram(id);
  // Next.js serves the files in these two folders, so there `before` is a folder inside of them.
  if (/^(app|pages\/api)\//.test(name)) return isBefore ? name.replace('graphql', 'before/graphql') : name;
  return `${isBefore ? 'before/' : ''}${name}`;
}

beforeAll(async () => {
  project = createProject('frameworks');
  await project.run('npm init --yes');
  await project.run('npm pkg set type=module');
  // The peer dependency of @as-integrations/cloudflare-workers is Apollo Server 4.
  await project.run(`npm install --legacy-peer-deps ${inject('tarball')} ${packages.join(' ')}`);
  for (const id of pastedPrograms) await project.write(pathOf(id), findProgram(id).code);
});

test('the programs compile', async () => {
  const compilerOptions = {
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const include = pastedPrograms.map(pathOf);
  await project.write('tsconfig.check.json', JSON.stringify({ compilerOptions, files: include }));
  await project.run('npx tsc --project tsconfig.check.json');
});

describe('a program of Node.js serves', () => {
  const servers = pastedPrograms.filter((id) => /\.mts\b/.test(id) && !id.includes('#lambda.mts'));

  test.for(servers)('%s', async (id) => {
    await project.serve(pathOf(id), findProgram(id).code, async (url) => {
      const response = await post(`${url}/graphql`, '{ me }', { 'x-user': 'ada' });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ data: { me: 'ada' } });
    });
  });
});

describe('what changes silently', () => {
  const of = (name: string, before: boolean) => `docs/migrating.md#${name}.mts${before ? ', before' : ''}`;

  async function request(id: string, init: RequestInit): Promise<Response> {
    let response = Response.error();
    await project.serve(pathOf(id), findProgram(id).code, async (url) => {
      const headers = { 'content-type': 'application/json', ...init.headers };
      const { status, headers: received } = await fetch(`${url}/graphql`, { method: 'POST', ...init, headers });
      response = new Response(null, { status, headers: received });
    });
    return response;
  }

  test.for([
    // The new program has `cors` around its handler.
    ['standalone', '*', '*'],
    ['yoga', 'https://example.com', null],
  ] as const)('CORS: %s', async ([name, before, after]) => {
    const init = { headers: { origin: 'https://example.com' }, body: '{"query":"{ me }"}' };
    const allowed = async (id: string) => (await request(id, init)).headers.get('access-control-allow-origin');
    expect(await allowed(of(name, true))).toBe(before);
    expect(await allowed(of(name, false))).toBe(after);
  });

  /** For each framework, a body size in bytes that it accepts and one that it refuses. */
  test.for([
    ['standalone', 40_000_000, 60_000_000],
    ['express', 90_000, 110_000],
    ['fastify', 1_000_000, 1_100_000],
    ['koa', 1_000_000, 1_100_000],
    ['yoga', 24_000_000, 26_000_000],
  ] as const)('the body limit: %s', async ([name, small, large]) => {
    const statusOf = async (id: string, length: number) =>
      (await request(id, { body: `{"query":"{ me }","extensions":{"text":"${'x'.repeat(length)}"}}` })).status;
    expect(await statusOf(of(name, true), small)).toBe(200);
    expect(await statusOf(of(name, true), large)).toBe(413);
    expect(await statusOf(of(name, false), 1_000_000)).toBe(200);
    expect(await statusOf(of(name, false), 1_100_000)).toBe(413);
  });

  test.for([['standalone'], ['express'], ['koa']] as const)('compressed bodies: %s', async ([name]) => {
    const init = { headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"query":"{ me }"}') };
    expect((await request(of(name, true), init)).status).toBe(200);
    expect((await request(of(name, false), init)).status).toBe(415);
  });
});

/** Imports a program as `program`, runs the code, and returns the output. */
async function print(id: string, code: string): Promise<string> {
  const file = `print-${pathOf(id).replaceAll('/', '-')}.mts`;
  await project.write(file, `import * as program from './${pathOf(id)}';\n${code}`);
  const { code: status, output } = await run([process.execPath, file], { cwd: project.directory });
  expect(status, output).toBe(0);
  return output;
}

test.for(pastedPrograms.filter((id) => id.includes('#lambda.mts')))(
  'an event of API Gateway gets a result: %s',
  async (id) => {
    const event = {
      version: '2.0',
      rawPath: '/',
      rawQueryString: '',
      headers: { 'content-type': 'application/json', 'x-user': 'ada', host: 'example.com' },
      requestContext: { domainName: 'example.com', http: { method: 'POST', path: '/' } },
      body: '{"query":"{ me }"}',
      isBase64Encoded: false,
    };
    const output = await print(
      id,
      `const result = await program.handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 3000 });\nconsole.log(result.statusCode + ' ' + result.body);`,
    );
    expect(output.trim()).toBe(`200 ${me.trim()}`);
  },
);

test.for(pastedPrograms.filter((id) => id.includes('#worker.ts')))('a Worker responds: %s', async (id) => {
  const output = await print(
    id,
    `const headers = { 'content-type': 'application/json' };
const request = new Request('http://localhost/', { method: 'POST', headers, body: '{"query":"{ hello }"}' });
const ctx = { waitUntil() {}, passThroughOnException() {} };
console.log(await (await program.default.fetch(request, { GREETING: 'hi' }, ctx)).text());`,
  );
  expect(output.trim()).toBe('{"data":{"hello":"hi"}}');
});

test('Next.js builds and serves its routes of both routers', async () => {
  await project.write(
    'app/layout.tsx',
    'export default ({ children }: { children: React.ReactNode }) => <html><body>{children}</body></html>;\n',
  );
  await project.write('next.config.mjs', 'export default { typescript: { ignoreBuildErrors: true } };\n');
  await project.run('npx next build');
  const ids = pastedPrograms.filter((id) => /#(app|pages)\//.test(id));
  expect(ids).toHaveLength(4);
  await project.serveCommand('npx next start', async (url) => {
    for (const id of ids) {
      const path = pathOf(id)
        .replace(/^(app|pages)/, '')
        .replace(/(\/route)?\.ts$/, '');
      const response = await post(`${url}${path}`, '{ me }', { 'x-user': 'ada' });
      expect([path, response.status, await response.text()]).toEqual([path, 200, me]);
    }
  });
});
