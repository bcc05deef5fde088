/**
 * `node test/apollo/run.ts [<target…>]` runs Apollo's integration test suite inside every runtime, or on the targets whose
 * names have one of the arguments among their parts or as a whole: `node`, `graphql-17`, `bun/graphql/started`. The
 * results go to `results`, one file for each target; any deviation from what is expected fails the run.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { compare } from './compare.ts';
import { launch } from './launch.ts';
import { targets } from './targets.ts';

const chosen = process.argv.slice(2);
const selected = chosen.length === 0 ? targets : targets.filter(({ name }) => chosen.some((c) => isPartOf(c, name)));
const unknown = chosen.filter((argument) => !targets.some(({ name }) => isPartOf(argument, name)));

function isPartOf(argument: string, name: string): boolean {
  return name === argument || name.split('/').includes(argument);
}
if (unknown.length > 0) {
  console.error(`No such target: ${unknown.join(', ')}. There are\n${targets.map(({ name }) => name).join('\n')}`);
  process.exit(1);
}

const results = new URL('results/', import.meta.url);
await mkdir(results, { recursive: true });
for (const target of selected) {
  const result = compare(target, await launch(target));
  const { passed, total, expectedFailures, deviations } = result;
  console.log(`${target.name}: ${passed}/${total}, expected failures: ${expectedFailures.length}`);
  for (const deviation of deviations) console.error(`  ${deviation.replaceAll('\n', '\n    ')}`);
  await writeFile(new URL(`${target.name.replaceAll('/', '-')}.json`, results), `${JSON.stringify(result, null, 2)}\n`);
  if (deviations.length > 0) process.exitCode = 1;
}
