/**
 * Serves the Worker that wrangler builds from `servers/wrangler.toml` on workerd itself, and prints the URL. As in
 * production, and other than behind `wrangler dev`, an invocation ends with the connection of its client.
 *
 * `COMPATIBILITY_DATE` overrides the configuration's date.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const wranglerConfig = fileURLToPath(new URL('servers/wrangler.toml', import.meta.url));
const wrangler = fileURLToPath(new URL('../../node_modules/wrangler/bin/wrangler.js', import.meta.url));
const workerd = fileURLToPath(new URL('../../node_modules/workerd/bin/workerd', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'conformance-'));

await promisify(execFile)(
  process.execPath,
  [wrangler, 'deploy', '--dry-run', '--outdir', directory, '--config', wranglerConfig],
  { env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: directory } },
);
const toml = await readFile(wranglerConfig, 'utf8');
const setting = (name: string): string => new RegExp(`^${name} = (.+)$`, 'm').exec(toml)?.[1] ?? '';
const { COMPATIBILITY_DATE } = process.env;
const date = COMPATIBILITY_DATE === undefined ? setting('compatibility_date') : `"${COMPATIBILITY_DATE}"`;

await writeFile(
  join(directory, 'config.capnp'),
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "workerd.js", esModule = embed "workerd.js")],
  compatibilityDate = ${date},
  compatibilityFlags = ${setting('compatibility_flags')},
);
`,
);

// workerd says on descriptor 3 where it listens.
const child = spawn(workerd, ['serve', join(directory, 'config.capnp'), '--control-fd=3'], {
  stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
});
child.once('exit', async (code) => {
  await rm(directory, { recursive: true });
  process.exit(code ?? 0);
});
const control = child.stdio[3];
if (!(control instanceof Readable)) throw new Error('workerd was started without a control pipe.');
createInterface(control).once('line', (line) => console.log(`http://127.0.0.1:${JSON.parse(line).port}`));
// At SIGTERM workerd would wait for the requests in flight, and a case that fails may leave one for ever.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill('SIGKILL'));
