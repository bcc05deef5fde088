import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import type { Plugin } from 'esbuild';
import { bundle } from '../hosts/bundle.ts';
import type { Outcome } from './outcome.ts';
import { isIncremental, type SuiteHost, type SuiteRun } from './runs.ts';
import { runOnWorkerd } from './workerd.ts';

type Environment = Readonly<Record<string, string>>;

const run = promisify(execFile);
const folder = import.meta.dirname;

/** Runs Apollo's suite inside the host. */
export async function launch(suiteRun: SuiteRun): Promise<Outcome> {
  const { host, graphql, start } = suiteRun;
  const directory = await mkdtemp(join(tmpdir(), 'apollo-suite-'));
  try {
    const file = join(directory, 'suite.mjs');
    await bundle(entryOf(host), graphql, file, {
      alias: { '@jest/globals': './test/apollo/jest-globals.ts', '@jest/expect': './test/apollo/expect.ts' },
      // Only one version of graphql can load this package, and Apollo imports it only with that version.
      external: ['cloudflare:*', ...(isIncremental(suiteRun) ? [] : ['@yaacovcr/transform'])],
      // Jest's packages look up where they are installed, to remove themselves from stack traces.
      define: { 'require.resolve': 'String', __dirname: '"/"', __filename: '"/suite.mjs"' },
      ...(host.program ? { plugins: [runSuiteInstead] } : { plugins: [importBuiltins], banner: {} }),
    });
    const env = {
      // Jest sets the same value. Apollo adds stack traces to responses unless it is `test` or `production`.
      NODE_ENV: 'test',
      START: start,
      INCREMENTAL_DELIVERY_TESTS_ENABLED: isIncremental(suiteRun) ? '1' : '',
    };
    return JSON.parse(await (host.program ? runProgram(host.program, file, env) : runOnWorkerd(file, env)));
  } finally {
    await rm(directory, { recursive: true });
  }
}

function entryOf({ program }: SuiteHost): string {
  return program === undefined ? join(folder, 'worker.ts') : join(folder, '../hosts', program.file);
}

/**
 * Imports the built-in modules that CommonJS modules require, because a Worker has no `require`. The bundles of
 * wrangler do the same.
 */
const importBuiltins: Plugin = {
  name: 'import-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'required-builtin' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'required-builtin' }, ({ path }) => ({
      contents: `import builtin from '${path.replace(/^(node:)?/, 'node:')}'; module.exports = builtin;`,
    }));
  },
};

const runSuiteInstead: Plugin = {
  name: 'the suite instead of the application',
  setup: ({ onResolve }) => onResolve({ filter: /\/serve-app\.ts$/ }, () => ({ path: join(folder, 'suite.ts') })),
};

/** Runs the program until it exits by itself. Returns the last line of its output, which is the outcome. */
async function runProgram(program: NonNullable<SuiteHost['program']>, file: string, env: Environment): Promise<string> {
  const suiteCommand = program.suiteCommand ?? (await program.command());
  const [command = '', ...args] = suiteCommand(file, env);
  const { stdout } = await run(command, args, {
    env: { ...process.env, ...env },
    timeout: 180_000,
    maxBuffer: 2 ** 26,
  });
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}
