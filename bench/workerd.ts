import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Server } from '../scripts/launch.ts';
import * as workerd from '../test/hosts/workerd.ts';

const bench = import.meta.dirname;

export interface WorkerBundle {
  readonly file: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Bundles one of the handlers as `wrangler deploy` does. */
export async function bundleWorker(
  handler: string,
  wranglerConfig: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<WorkerBundle> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-worker-'));
  const entry = `${bench}/handlers/${handler}.ts`;
  const options = ['--dry-run', '--minify', '--config', `${bench}/worker/${wranglerConfig}`, '--outdir', directory];
  for (const [name, value] of Object.entries(variables)) {
    options.push('--define', `process.env.${name}:${JSON.stringify(value)}`);
  }
  const wrangler = `${bench}/../node_modules/wrangler/bin/wrangler.js`;
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', entry, ...options], {
    // If the entry is on the command line, wrangler resolves aliases relative to this directory.
    cwd: `${bench}/worker`,
  });
  const file = join(directory, `${handler}.js`);
  const bundle = readFileSync(file);
  return { file, bytes: bundle.byteLength, gzipBytes: gzipSync(bundle, { level: 9 }).byteLength };
}

/** Serves a bundle on the first core. */
export async function launchWorkerd({ file }: WorkerBundle): Promise<Server> {
  return await workerd.launchWorkerd(file, {
    compatibilityDate: '2026-10-23',
    prefix: ['taskset', '--cpu-list', '0'],
  });
}
