/**
 * `node test/apollo/run.ts [<target…>]` runs Apollo's integration test suite inside every runtime, or on the targets whose
 * names have one of the arguments among their parts or as a whole: `node`, `graphql-17`, `bun/graphql/started`. The
 * results go to `results`, one file for each target; any deviation from what is expected fails the run.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { inspect } from 'node:util';
import { compare } from './compare.ts';
import { launch } from './launch.ts';
import type { Outcome } from './outcome.ts';
import { type Target, targets } from './targets.ts';
import { versionsOf } from './versions.ts';

const chosen = process.argv.slice(2);
const matches = (argument: string) => (target: Target) =>
  target.name === argument || target.name.split('/').includes(argument);

const unknown = chosen.filter((argument) => !targets.some(matches(argument)));
if (unknown.length > 0) {
  console.error(`No such target: ${unknown.join(', ')}. There are\n${targets.map(({ name }) => name).join('\n')}`);
  process.exit(1);
}

const results = new URL('results/', import.meta.url);
await mkdir(results, { recursive: true });
for (const target of targets) {
  if (chosen.length > 0 && !chosen.some((argument) => matches(argument)(target))) continue;
  const result = compare(target, await launch(target).catch(noOutcome));
  const { name, passed, total, expectedFailures, deviations } = result;
  console.log(`${name}: ${passed}/${total}, expected failures: ${expectedFailures.length}`);
  for (const deviation of deviations) console.error(`  ${deviation.replaceAll('\n', '\n    ')}`);
  if (deviations.length > 0) process.exitCode = 1;
  const report = { ...result, versions: versionsOf(target) };
  await writeFile(new URL(`${name.replaceAll('/', '-')}.json`, results), `${JSON.stringify(report, null, 2)}\n`);
}

/** A runtime that broke down fails its target, and the others are still run. */
function noOutcome(error: unknown): Outcome {
  return { cases: [], errors: [inspect(error)] };
}
