import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Server } from '../scripts/launch.ts';

const bench = import.meta.dirname;
const modules = `${bench}/../node_modules`;

export interface WorkerBundle {
  readonly config: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Bundles one of the handlers as `wrangler deploy` does, and writes what workerd needs to serve the bundle. */
export async function bundleWorker(handler: string, wranglerConfig: string): Promise<WorkerBundle> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-worker-'));
  const entry = `${bench}/handlers/${handler}.ts`;
  const options = ['--dry-run', '--minify', '--config', `${bench}/worker/${wranglerConfig}`, '--outdir', directory];
  await promisify(execFile)(process.execPath, [`${modules}/wrangler/bin/wrangler.js`, 'deploy', entry, ...options], {
    // With an entry on the command line, aliases are relative to this.
    cwd: `${bench}/worker`,
  });
  const config = join(directory, 'config.capnp');
  writeFileSync(config, capnp(`${handler}.js`));
  const bundle = readFileSync(join(directory, `${handler}.js`));
  return { config, bytes: bundle.byteLength, gzipBytes: gzipSync(bundle, { level: 9 }).byteLength };
}

function capnp(bundle: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "${bundle}")],
  compatibilityDate = "2026-10-23",
);
`;
}

/** Serves a bundle on workerd itself, without wrangler's proxies around it. */
export async function launchWorkerd({ config }: WorkerBundle): Promise<Pick<Server, 'url' | 'pid' | 'stop'>> {
  const workerd = `${modules}/@cloudflare/workerd-${process.platform}-${process.arch === 'arm64' ? 'arm64' : '64'}/bin/workerd`;
  const child = spawn('taskset', ['--cpu-list', '0', workerd, 'serve', '--control-fd=1', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (line: string) => {
      const port = /"event":"listen","socket":"http","port":(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? Number.NaN,
    async stop() {
      child.kill('SIGTERM');
      return await exited;
    },
  };
}
