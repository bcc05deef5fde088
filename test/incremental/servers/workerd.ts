/** Real workerd without the proxies of wrangler before it, which hide from a Worker that its client has left. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import workerd from 'workerd';

const [, , worker = fileURLToPath(new URL('worker.ts', import.meta.url))] = process.argv;
const { COMPATIBILITY_FLAGS = 'enable_request_signal', GRAPHQL = 'graphql' } = process.env;
const flags = COMPATIBILITY_FLAGS.split(' ').filter(Boolean);
const directory = await mkdtemp(join(tmpdir(), 'workerd-'));
await build({
  entryPoints: [worker],
  outfile: join(directory, 'worker.js'),
  bundle: true,
  format: 'esm',
  conditions: ['workerd', 'worker', 'browser'],
  define: { 'process.env.NODE_ENV': '"production"' },
  alias: {
    ...Object.fromEntries(builtinModules.filter((name) => !name.includes(':')).map((name) => [name, `node:${name}`])),
    // Another version of it, by the name of its package.
    graphql: GRAPHQL,
  },
  external: ['node:*'],
  // For the CommonJS among the dependencies.
  banner: { js: `import { createRequire } from 'node:module';\nconst require = createRequire('/');` },
});
await writeFile(
  join(directory, 'config.capnp'),
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    compatibilityDate = "2026-10-20",
    compatibilityFlags = ${JSON.stringify(flags)},
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`,
);
const child = spawn(workerd.default, ['serve', '--control-fd=3', join(directory, 'config.capnp')], {
  stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
});
child.stdio[3]?.on('data', (data: Buffer) => {
  for (const line of data.toString().trim().split('\n')) {
    const { event, port } = JSON.parse(line);
    if (event === 'listen') console.log(`http://127.0.0.1:${port}`);
  }
});
// Asked politely, it would wait for clients whose FIN it has not noticed.
process.once('SIGTERM', () => child.kill('SIGKILL'));
child.once('exit', async (code) => {
  await rm(directory, { recursive: true });
  process.exit(code ?? 0);
});
