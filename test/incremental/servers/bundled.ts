/** The server of Deno or Bun (`RUNTIME`) in one file, in which `graphql` is the package named by `GRAPHQL`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { launch } from '../../../scripts/launch.ts';

const { GRAPHQL = 'graphql', RUNTIME } = process.env;
if (RUNTIME !== 'deno' && RUNTIME !== 'bun') throw new Error(`No server to bundle for ${RUNTIME}.`);

const directory = await mkdtemp(join(tmpdir(), 'bundled-'));
const outfile = join(directory, 'server.mjs');
await build({
  entryPoints: [fileURLToPath(new URL(`${RUNTIME}.ts`, import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  alias: { graphql: GRAPHQL },
  // For the CommonJS among the dependencies.
  banner: { js: `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);` },
});
const server = await launch(RUNTIME, outfile);
server.onOutput((text) => console.error(text));
console.log(server.url);
process.once('SIGTERM', async () => {
  await server.stop();
  await rm(directory, { recursive: true });
  process.exit(0);
});
