/**
 * Runs the bench and prints Markdown tables: `node bench/run.ts [--quick] [<section> …]`.
 * It replaces the tables of the same sections in RESULTS.md, and two of them in docs/performance.md, where a chart shows
 * one. `--quick` is for trying the bench out. It writes no file, and its numbers are not precise.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type } from 'node:os';
import process from 'node:process';
import { parseArgs, promisify } from 'node:util';
import { writeSection } from '../scripts/sections.ts';
import { deployedBars } from './bars.ts';
import { barChart } from './chart.ts';
import type { Comparison } from './measure.ts';
import { peerTable } from './peers.ts';
import { comparisonTable, find, ratio } from './table.ts';

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });

const bench = import.meta.dirname;

type Command = readonly string[];

const node = (script: string, ...flags: string[]): Command => [process.execPath, ...flags, `${bench}/${script}`];
interface Section {
  readonly title: string;
  readonly unit: string;
  readonly command: Command;
  readonly env?: Record<string, string>;
}

const spread = '± half the distance between the quartiles · **ratio** to the first line';
const ratios =
  'A ratio is the median of the ratios of all rounds. It holds even where other load on the machine made a time uncertain.';
const endToEnd = `CPU time of the server per request in µs ${spread}. Every response was checked before it was timed`;

const sections: Record<string, Section> = {
  'in-process-node': inProcess('In process, Node', 'in-process.ts', 'node'),
  'in-process-bun': inProcess('In process, Bun', 'in-process.ts', 'bun'),
  'in-process-deno': inProcess('In process, Deno', 'in-process.ts', 'deno'),
  heap: {
    title: 'Heap, Node',
    unit: `Bytes allocated on the heap per request ${spread}`,
    command: node('heap.ts', '--expose-gc', '--min-semi-space-size=256'),
  },
  'end-to-end-node': serve('Over loopback, Node', 'node'),
  'end-to-end-bun': serve('Over loopback, Bun.serve', 'bun'),
  'end-to-end-deno': serve('Over loopback, Deno.serve', 'deno'),
  'end-to-end-workerd': serve('Over loopback, workerd', 'workerd'),
  'deployed-node': deployed('As deployed, Node', 'node'),
  'deployed-bun': deployed('As deployed, Bun.serve', 'bun'),
  'deployed-deno': deployed('As deployed, Deno.serve', 'deno'),
  'deployed-workerd': deployed('As deployed, workerd', 'workerd'),
  'streams-node': inProcess('Streams, Node', 'streams.ts', 'node'),
  'streams-bun': inProcess('Streams, Bun', 'streams.ts', 'bun'),
  'streams-deno': inProcess('Streams, Deno', 'streams.ts', 'deno'),
  'subscriptions-node': inProcess('Subscriptions, Node', 'subscriptions.ts', 'node'),
  'subscriptions-bun': inProcess('Subscriptions, Bun', 'subscriptions.ts', 'bun'),
  'subscriptions-deno': inProcess('Subscriptions, Deno', 'subscriptions.ts', 'deno'),
  stalled: {
    title: 'A client that does not read',
    unit: `Memory that an endless stream of 64 kB parts takes in 2.5 s, in MB ${spread}`,
    command: node('stalled.ts'),
  },
  'start-up': {
    title: 'Start-up and size',
    unit: `Wall clock time in ms, sizes in KiB ${spread}`,
    command: node('start-up.ts'),
  },
  'wrappers-node': inProcess('What wrappers cost, Node', 'wrappers.ts', 'node'),
  'wrappers-bun': inProcess('What wrappers cost, Bun', 'wrappers.ts', 'bun'),
  'wrappers-deno': inProcess('What wrappers cost, Deno', 'wrappers.ts', 'deno'),
  cancellation: inProcess('What `./cancellation` costs', 'cancellation.ts', 'node'),
};

const effort = values.quick
  ? { PROCESSES: '1', ROUNDS: '3', SLICE: '50' }
  : // Many short rounds, because other load on the machine lasts for seconds and then slows whole rounds down.
    { PROCESSES: '3', ROUNDS: '18', SLICE: '60' };
const names = positionals.length > 0 ? positionals : Object.keys(sections);

const measured = new Map<string, Comparison[]>();
const chapters = new Map<string, string>();
for (const name of names) {
  const section = sections[name];
  if (section === undefined) throw new Error(`No section ${name}. There are: ${Object.keys(sections).join(', ')}`);
  const { title, unit } = section;
  const comparisons = await run(section);
  measured.set(name, comparisons);
  // Comparisons with different subjects go into separate tables.
  const groups = Map.groupBy(comparisons, ({ results }) => results.map(({ name }) => name).join());
  const chapter = [`## ${title}`, `${unit}.`, ...Array.from(groups.values(), comparisonTable)].join('\n\n');
  chapters.set(title, chapter);
  console.log(`${chapter}\n`);
}
if (!values.quick) writeResults();

/** Keeps the tables of sections that were not run, and drops those of sections that no longer exist. */
function writeResults(): void {
  const file = `${bench}/RESULTS.md`;
  const [head = '', ...old] = readFileSync(file, 'utf8').split(/^(?=## )/m);
  const kept = Object.values(sections).flatMap(
    ({ title }) => chapters.get(title) ?? old.find((chapter) => chapter.startsWith(`## ${title}\n`)) ?? [],
  );
  const isComplete = positionals.length === 0;
  const first = isComplete ? ['# Results', machine(), ratios, peerTable(measured)].join('\n\n') : head;
  writeFileSync(file, `${[first, ...kept].map((chapter) => chapter.trim()).join('\n\n')}\n`);

  for (const [name, mark] of [
    ['end-to-end-node', 'bench'],
    ['deployed-node', 'deployed'],
  ] as const) {
    const comparisons = measured.get(name);
    if (comparisons !== undefined) writeSection('docs/performance.md', mark, comparisonTable(comparisons));
  }
  const [hello] = measured.get('deployed-node') ?? [];
  const [bare] = hello?.results ?? [];
  if (hello === undefined || bare === undefined) return;
  const title = 'CPU time of a deployed server per { hello } on Node.js, relative to the bare handler';
  const bars = deployedBars.map(({ row, label }) => {
    return { label, value: ratio(find(hello, row), bare), isOurs: label === 'this package' };
  });
  writeFileSync(`${bench}/../docs/deployed.svg`, barChart(title, bars, 2));
}

function inProcess(title: string, script: string, runtime: string): Section {
  const unit = `CPU time per operation in µs, each line in processes of its own ${spread}. Every response was checked before it was timed`;
  return { title, unit, command: onCore(0, node(script)), env: { RUNTIME: runtime } };
}

/** Creates a section whose load runs on the second core. Its servers run on the first. */
function serve(title: string, group: string, script = 'end-to-end.ts'): Section {
  return { title, unit: endToEnd, command: onCore(1, node(script)), env: { GROUP: group } };
}

function deployed(title: string, group: string): Section {
  return serve(title, group, 'deployed.ts');
}

/** Runs a command and its child processes on one core, because other load may slow the cores down unequally. */
function onCore(core: number, command: Command): Command {
  return ['taskset', '--cpu-list', String(core), ...command];
}

async function run({ command: [file = '', ...args], env }: Section): Promise<Comparison[]> {
  const { stdout } = await promisify(execFile)(file, args, {
    // Deno and Bun must use the lock file and the packages of the bench.
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
