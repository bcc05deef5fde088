/**
 * `node test/apollo/run.ts [<run…>]` runs Apollo's integration test suite inside the hosts. An argument selects runs
 * by their whole name or by one part of it: `node`, `graphql-17`, `bun/graphql/started`. The results are written to
 * `results`, one file for each run. Any deviation from the expected results is a failure.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { inspect } from 'node:util';
import { compare } from './compare.ts';
import { launch } from './launch.ts';
import type { Outcome } from './outcome.ts';
import { runs, type SuiteRun } from './runs.ts';

const chosen = process.argv.slice(2);
const matches = (argument: string) => (run: SuiteRun) =>
  run.name === argument || run.name.split('/').includes(argument);

const unknown = chosen.filter((argument) => !runs.some(matches(argument)));
if (unknown.length > 0) {
  console.error(`No such run: ${unknown.join(', ')}. There are\n${runs.map(({ name }) => name).join('\n')}`);
  process.exit(1);
}

const results = new URL('results/', import.meta.url);
await mkdir(results, { recursive: true });
for (const run of runs) {
  if (chosen.length > 0 && !chosen.some((argument) => matches(argument)(run))) continue;
  const result = compare(run, await launch(run).catch(noOutcome));
  const { name, passed, total, expectedFailures, deviations } = result;
  console.log(`${name}: ${passed}/${total}, expected failures: ${expectedFailures.length}`);
  for (const deviation of deviations) console.error(`  ${deviation.replaceAll('\n', '\n    ')}`);
  if (deviations.length > 0) process.exitCode = 1;
  await writeFile(new URL(`${name.replaceAll('/', '-')}.json`, results), `${JSON.stringify(result, null, 2)}\n`);
}

/** Turns the crash of a run into a failed outcome, so that the other runs still follow. */
function noOutcome(error: unknown): Outcome {
  return { cases: [], errors: [inspect(error)] };
}
