/** Measures every target in this process, on whatever runtime this is, and prints the samples as JSON. */
import process from 'node:process';
import { assertAnswer, hello, list, type Operation, variables } from './app.ts';
import { type Comparison, effort, measure } from './measure.ts';
import { createTargets } from './targets.ts';

interface Case {
  readonly operation: Operation;
  readonly headers: number;
}

const cases: readonly Case[] = [
  { operation: hello, headers: 6 },
  { operation: hello, headers: 20 },
  { operation: hello, headers: 100 },
  { operation: list(50), headers: 6 },
  { operation: list(1000), headers: 6 },
  { operation: variables('1 kB', 1e3), headers: 6 },
  { operation: variables('1 MB', 1e6), headers: 6 },
  { operation: variables('10 MB', 1e7), headers: 6 },
];

const { CASES = '' } = process.env;
const targets = await createTargets();

const results: Comparison[] = [];
for (const { operation, headers } of cases) {
  const name = `${operation.name}, ${headers} headers`;
  if (!name.includes(CASES)) continue;
  const subjects = targets.map((target) => ({ name: target.name, run: target.prepare(operation, headers) }));
  for (const { name, run } of subjects) assertAnswer(name, operation, await run());
  results.push({ name, results: await measure(subjects, effort()) });
}
console.log(JSON.stringify(results));
process.exit(0);
