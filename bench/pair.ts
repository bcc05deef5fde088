/**
 * Compares versions of the sources in one process, in turns: `npx node bench/pair.ts <directory> <directory> …`. Each
 * directory is a copy of `src` beside it, because all versions must use the same Apollo Server. Deno and Bun can run
 * this program too.
 *
 * Two processes that run the same code differ by some 4 %, which is more than most ideas gain. In one process, the
 * difference shrinks to about half a percent. Run the program three times. It prints the wall clock time per
 * `{ hello }` in µs, and its ratio to the first version.
 */
import { resolve } from 'node:path';
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { createFetchHandler } from '../src/index.ts';
import { assertResponse, headersOf, hello, startApollo } from './app.ts';
import { median } from './table.ts';

const rounds = 300;
const requestsPerSlice = 200;
const warmUp = 40_000;

const init = { method: 'POST', headers: headersOf(hello, 6), body: hello.body };

const versions = await Promise.all(
  process.argv.slice(2).map(async (directory) => {
    const { href } = pathToFileURL(resolve(directory, 'index.ts'));
    const module: { createFetchHandler: typeof createFetchHandler } = await import(href);
    const handler = module.createFetchHandler(await startApollo());
    const response = async () => (await handler(new Request('http://localhost:4000/graphql', init))).text();
    assertResponse(directory, hello, await response());
    return { directory, response, slices: [] as number[] };
  }),
);

for (let requests = 0; requests < warmUp; requests++) {
  for (const { response } of versions) await response();
}
for (let round = 0; round < rounds; round++) {
  const first = round % versions.length;
  for (const { response, slices } of [...versions.slice(first), ...versions.slice(0, first)]) {
    const begin = performance.now();
    for (let requests = 0; requests < requestsPerSlice; requests++) await response();
    slices.push(((performance.now() - begin) * 1000) / requestsPerSlice);
    // Code that only awaits promises never lets the event loop turn. This turn is outside the measured time.
    await turn();
  }
}
const base = median(versions[0]?.slices ?? []);
for (const { directory, slices } of versions) {
  console.log(`${median(slices).toFixed(2)}  ${(median(slices) / base).toFixed(3)}  ${directory}`);
}
process.exit(0);
