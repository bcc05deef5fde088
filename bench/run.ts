/**
 * Runs the bench and prints Markdown tables: `node bench/run.ts [--quick] [<section> …]`.
 * A run of every section also writes them to RESULTS.md; `--quick` is for trying the bench out, not for its numbers.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type } from 'node:os';
import process from 'node:process';
import { parseArgs, promisify } from 'node:util';
import type { Comparison } from './measure.ts';
import { comparisonTable } from './table.ts';

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });

const bench = import.meta.dirname;
const modules = `${bench}/../node_modules`;

type Command = readonly string[];

const node = (script: string): Command => [process.execPath, `${bench}/${script}`];
const bun = (script: string): Command => [`${modules}/bun/bin/bun.exe`, `${bench}/${script}`];
const deno = (script: string): Command => [`${modules}/deno/deno`, 'run', '-A', `${bench}/${script}`];
/** Loads servers from the second core; they run on the first. */
const pinned = (command: Command): Command => ['taskset', '--cpu-list', '1', ...command];

interface Section {
  readonly title: string;
  readonly unit: string;
  readonly command: Command;
  readonly env?: Record<string, string>;
}

const inProcess = 'CPU time per operation in µs ± half the distance between the quartiles · ratio to the first line';
const endToEnd =
  'Server CPU time per request in µs ± half the distance between the quartiles · ratio to the first line';

const sections: Record<string, Section> = {
  'in-process-node': { title: 'In process, Node', unit: inProcess, command: node('in-process.ts') },
  'in-process-bun': { title: 'In process, Bun', unit: inProcess, command: bun('in-process.ts') },
  'in-process-deno': { title: 'In process, Deno', unit: inProcess, command: deno('in-process.ts') },
  'end-to-end-node': {
    title: 'Over loopback, Node',
    unit: endToEnd,
    command: pinned(node('end-to-end.ts')),
    env: { GROUP: 'node' },
  },
  'end-to-end-bun': {
    title: 'Over loopback, Bun.serve',
    unit: endToEnd,
    command: pinned(node('end-to-end.ts')),
    env: { GROUP: 'bun' },
  },
  'end-to-end-deno': {
    title: 'Over loopback, Deno.serve',
    unit: endToEnd,
    command: pinned(node('end-to-end.ts')),
    env: { GROUP: 'deno' },
  },
};

const effort = values.quick ? { ROUNDS: '3', SLICE: '100' } : { ROUNDS: '15', SLICE: '250' };
const names = positionals.length > 0 ? positionals : Object.keys(sections);

const chapters: string[] = [];
for (const name of names) {
  const section = sections[name];
  if (section === undefined) throw new Error(`No section ${name}. There are: ${Object.keys(sections).join(', ')}`);
  const { title, unit } = section;
  const chapter = `## ${title}\n\n${unit}.\n\n${comparisonTable(await run(section))}\n`;
  chapters.push(chapter);
  console.log(chapter);
}
if (positionals.length === 0 && !values.quick) {
  writeFileSync(`${bench}/RESULTS.md`, `# Results\n\n${machine()}\n\n${chapters.join('\n')}`);
}

async function run({ command: [file = '', ...args], env }: Section): Promise<Comparison[]> {
  const { stdout } = await promisify(execFile)(file, args, {
    // The lock file and the packages that Deno and Bun resolve are those of the bench.
    cwd: bench,
    env: { ...process.env, NODE_ENV: 'production', ...effort, ...env },
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout);
}

function machine(): string {
  const [cpu] = cpus();
  return `Node ${process.versions.node} on ${type()} ${release()}, ${availableParallelism()} × ${cpu?.model}.`;
}
