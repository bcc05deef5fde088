/** Measures the time until a process sends its first response, and the size of a Worker. Prints samples as JSON. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { assertResponse, hello } from './app.ts';
import { type Comparison, effort } from './measure.ts';
import { bundleWorker, launchWorkerd } from './workerd.ts';

const bench = import.meta.dirname;
/** This directory is next to `start-up/`, so that imports that are not bundled resolve as they do there. */
const directory = mkdtempSync(join(bench, '.start-up-'));

try {
  const node = {
    name: 'Node, ms to the first response',
    results: [
      await program('Apollo Server alone', 'direct', false),
      await program('ours', 'ours', false),
      await program('Apollo Server alone, bundled', 'direct', true),
      await program('ours, bundled', 'ours', true),
    ],
  };
  const added = {
    name: 'Node, ms added to a process that has started Apollo Server',
    results: [await program('ours', 'added', false)],
  };
  const worker = {
    name: 'workerd, ms from spawn to the first response',
    results: [
      await workerProgram('ours, as wrangler bundles it', 'wrangler.toml'),
      await workerProgram('ours, with the aliases', 'aliased.toml'),
    ],
  };
  const comparisons = [node, added, worker];
  for (let round = 0; round < effort().rounds; round++) {
    for (const { results } of comparisons) {
      for (const { samples, run } of results) samples.push(await run());
    }
  }
  const plain: Comparison[] = comparisons.map(({ name, results }) => ({
    name,
    results: results.map(({ name, samples }) => ({ name, samples })),
  }));
  const [wrangler, aliased] = worker.results;
  const size = (name: string, key: 'bytes' | 'gzipBytes'): Comparison => ({
    name,
    results: [wrangler, aliased].flatMap((result) =>
      result ? [{ name: result.name, samples: [result.bundle[key] / 1024] }] : [],
    ),
  });
  console.log(JSON.stringify([...plain, size('Worker, KiB', 'bytes'), size('Worker, KiB gzip', 'gzipBytes')]));
} finally {
  rmSync(directory, { recursive: true });
}

/** Builds a program that prints its time in milliseconds. It is bundled into one file, or imports its packages. */
async function program(name: string, entry: string, isBundled: boolean) {
  const outfile = join(directory, `${entry}-${isBundled}.mjs`);
  await build({
    entryPoints: [`${bench}/start-up/${entry}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    ...(isBundled
      ? {
          minify: true,
          banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
        }
      : { packages: 'external', external: ['*/dist/index.js'] }),
  });
  const run = async () => Number((await promisify(execFile)(process.execPath, [outfile])).stdout);
  return { name, samples: [] as number[], run };
}

async function workerProgram(name: string, config: string) {
  const bundle = await bundleWorker('ours', config);
  const run = async () => {
    const begin = performance.now();
    const { url, stop } = await launchWorkerd(bundle);
    try {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: hello.body });
      assertResponse(name, hello, await response.text());
      return performance.now() - begin;
    } finally {
      await stop();
    }
  };
  return { name, samples: [] as number[], run, bundle };
}
