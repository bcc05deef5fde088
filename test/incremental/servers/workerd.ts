/** Serves a Worker on workerd itself: wrangler's proxies would hide from it that its client has left. */
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serveWorker } from '../../../scripts/serve-worker.ts';

const [, , worker = fileURLToPath(new URL('worker.ts', import.meta.url))] = process.argv;
const { COMPATIBILITY_FLAGS = 'enable_request_signal', GRAPHQL = 'graphql' } = process.env;

await serveWorker(async (directory) => {
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
  return {
    bundle: 'worker.js',
    compatibilityDate: '2026-10-20',
    compatibilityFlags: COMPATIBILITY_FLAGS.split(' ').filter(Boolean),
  };
});
