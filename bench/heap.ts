/**
 * Measures how much a request leaves on Node's heap for the garbage collector, and prints the samples as JSON. It must
 * run with `--expose-gc --min-semi-space-size=256`, so that no garbage is collected in the middle of a sample.
 */
import process from 'node:process';
import { hello } from './app.ts';
import { type Comparison, effort } from './measure.ts';
import { targets } from './targets.ts';

const requests = 500;
const results: { name: string; samples: number[]; run: () => Promise<string> }[] = [];
for (const [name, target] of Object.entries(targets)) {
  const run = (await target())({ ...hello, headers: 6 });
  for (let index = 0; index < 20_000; index++) await run();
  results.push({ name, samples: [], run });
}
for (let round = 0; round < effort().rounds; round++) {
  for (const { samples, run } of results) {
    globalThis.gc?.();
    const begin = process.memoryUsage().heapUsed;
    for (let index = 0; index < requests; index++) await run();
    samples.push((process.memoryUsage().heapUsed - begin) / requests);
  }
}
const comparison: Comparison = { name: '{ hello }', results: results.map(({ name, samples }) => ({ name, samples })) };
console.log(JSON.stringify([comparison]));
process.exit(0);
