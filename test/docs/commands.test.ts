import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectHosts } from '../hosts/projects/index.ts';
import { commands, findCommand } from './commands.ts';
import { freePort, post, run, serve } from './process.ts';
import { findProgram } from './programs.ts';

// The folder is inside the repository, so that the package's name resolves as it does for its users.
const cwd = fileURLToPath(new URL('.commands', import.meta.url));
const env = {
  PATH: [fileURLToPath(new URL('../../node_modules/.bin', import.meta.url)), process.env.PATH].join(delimiter),
};

const lambda = findCommand('esbuild');
const bun = findCommand('bun build');

/** A deployment needs an account. `wrangler deploy --dry-run` is run in a project of its own. */
const needAccount = [
  'wrangler deploy',
  'wrangler pages deploy',
  'func azure functionapp publish <name>',
  'gcloud run deploy graphql --source . --function graphql --base-image nodejs24',
  'firebase deploy --only functions',
  'netlify deploy',
  'supabase functions deploy graphql --no-verify-jwt',
  'vercel deploy',
];

beforeAll(() => mkdirSync(cwd, { recursive: true }));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function build(program: string, command: string): Promise<void> {
  const { name, code } = findProgram(program);
  writeFileSync(join(cwd, name), code);
  const outcome = await run(command.split(' '), { cwd, env });
  expect(outcome.code, outcome.output).toBe(0);
}

test('each command that builds or deploys is run, here or by another suite', () => {
  const byProjects = projectHosts.flatMap((host) => host.commands);
  const known = [lambda, bun, ...needAccount];
  expect(commands.filter((command) => !known.includes(command) && !byProjects.includes(command))).toEqual([]);
  expect(commands).toEqual(expect.arrayContaining(known));
});

test(`${lambda} makes a function that Lambda can load`, async () => {
  await build('docs/hosts/aws-lambda.md#index.mts', lambda);
  const event = {
    rawPath: '/graphql',
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: { http: { method: 'POST' } },
    body: '{"query":"{ hello }"}',
  };
  const [, bundle] = /--outfile=(\S+)/.exec(lambda) ?? [];
  const call = `import { handler } from './${bundle}'; console.log((await handler(${JSON.stringify(event)}, {})).body);`;
  const { output } = await run([process.execPath, '--input-type=module', '--eval', call], { cwd });
  expect(output).toBe('{"data":{"hello":"world"}}\n\n');
});

test(`${bun} makes a program that runs`, async () => {
  await build('docs/hosts/bun.md#routes.ts', bun);
  const port = await freePort();
  const server = await serve([join(cwd, 'routes')], port, { cwd, env: { BUN_PORT: String(port) } });
  const response = await post(`http://127.0.0.1:${port}/graphql`, '{ hello }');
  expect(await response.text()).toBe('{"data":{"hello":"world"}}\n');
  await server.stop();
});
