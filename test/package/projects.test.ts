import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** TypeScript packages: the oldest supported version, the last one of the same major version, and the newest. */
const compilers = ['typescript-5.7', 'typescript-5.9', 'typescript'];

/** How a project may be set up: the `type` of its package.json, and the special options of its tsconfig.json. */
const setups = {
  CommonJS: { type: 'commonjs', compilerOptions: { module: 'nodenext' } },
  'ES modules': { type: 'module', compilerOptions: { module: 'nodenext' } },
  'a bundler': { type: 'module', compilerOptions: { module: 'esnext', moduleResolution: 'bundler' } },
  'CommonJS without DOM types': { type: 'commonjs', compilerOptions: { module: 'nodenext', lib: ['es2022'] } },
  'ES modules without DOM types': { type: 'module', compilerOptions: { module: 'nodenext', lib: ['es2022'] } },
} as const;
/** The resolution of TypeScript before `node16`. TypeScript 7 does not have it. */
const classic = { type: 'commonjs', compilerOptions: { module: 'commonjs', moduleResolution: 'node' } } as const;
const setupNames = Object.keys(setups) as (keyof typeof setups)[];

/** Creates a project outside this repository with one program, `server.ts`, and with this package installed. */
async function createProject({
  type,
  compilerOptions,
}: (typeof setups)[keyof typeof setups] | typeof classic): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'project-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await link(root, join(folder, 'node_modules/apollo-server-integration-fetch'));
  for (const name of ['@apollo/server', '@types/node']) {
    await link(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  await cp(join(root, 'test/package/projects/server.ts'), join(folder, 'server.ts'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
  const tsconfig = {
    compilerOptions: {
      target: 'es2022',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      skipLibCheck: false,
      outDir: 'out',
      rootDir: '.',
      ...compilerOptions,
    },
    include: ['server.ts'],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  return folder;
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path, 'junction');
}

/** Compiles the project, and resolves to what the compiler prints. */
async function compile(compiler: string, folder: string): Promise<string> {
  const tsc = join(root, 'node_modules', compiler, 'bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error);
  return stdout;
}

describe.each(compilers)('%s', (compiler) => {
  test.for(setupNames)('a project set up for %s type-checks', async (name) => {
    expect(await compile(compiler, await createProject(setups[name]))).toBe('');
  });
});

test('a project set up for classic CommonJS type-checks', async () => {
  expect(await compile('typescript-5.9', await createProject(classic))).toBe('');
});

test.for(['CommonJS', 'ES modules'] as const)('a project set up for %s runs', async (name) => {
  const folder = await createProject(setups[name]);
  await compile('typescript', folder);
  // This flag stands for Node.js before 20.19 and 22.12, which cannot `require` an ES module.
  const { stdout } = await run(process.execPath, ['--no-experimental-require-module', join(folder, 'out/server.js')]);
  expect(stdout).toBe('https://example.com {"data":{"left":false}}\n\n');
});
