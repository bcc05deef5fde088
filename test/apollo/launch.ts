import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from './bundle.ts';
import type { Outcome } from './outcome.ts';
import { isIncremental, type Runtime, type Target } from './targets.ts';
import { runOnWorkerd } from './workerd.ts';

/** Runs a bundle and resolves to what it reports: an {@link Outcome} in JSON. */
type Run = (file: string, env: Readonly<Record<string, string>>) => Promise<string>;

const run = promisify(execFile);

/** Runs a program that ends by itself with the report as its last line. */
function runProcess(command: string, ...args: string[]): Run {
  return async (file, env) => {
    const { stdout } = await run(command, [...args, file], {
      env: { ...process.env, ...env },
      timeout: 180_000,
      maxBuffer: 2 ** 26,
    });
    return stdout.trimEnd().split('\n').at(-1) ?? '';
  };
}

function binary(path: string): string {
  return fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));
}

const runOn: Record<Runtime, Run> = {
  node: runProcess(process.execPath),
  deno: runProcess(binary('deno/deno'), 'run', '--allow-all'),
  bun: runProcess(binary('bun/bin/bun.exe')),
  workerd: runOnWorkerd,
};

/** Runs Apollo's suite inside the target's runtime. */
export async function launch(target: Target): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'apollo-suite-'));
  try {
    const file = join(folder, 'suite.mjs');
    await writeFile(file, await bundle(target));
    const report = await runOn[target.runtime](file, {
      // As Jest sets it: with any other value but `production`, stack traces are in every answer.
      NODE_ENV: 'test',
      START: target.start,
      INCREMENTAL_DELIVERY_TESTS_ENABLED: isIncremental(target) ? '1' : '',
    });
    return JSON.parse(report);
  } finally {
    await rm(folder, { recursive: true });
  }
}
