import process from 'node:process';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';

/**
 * Sets up a subject in a process that measures nothing else. The result takes a case and returns a function that runs
 * the case once.
 */
export type Subject<Case, Result> = () => Promise<(of: Case) => () => Promise<Result>>;

/** A case to run until it has used `milliseconds` of CPU time or has run `runs` times, whichever comes first. */
export interface Slice {
  readonly name: string;
  readonly milliseconds: number;
  readonly runs?: number;
}

/** Reads slices from stdin, and writes the CPU time per run to stdout. A case is checked before it is first timed. */
export async function serve<Case extends { readonly name: string }, Result>(
  cases: readonly Case[],
  subject: Subject<Case, Result>,
  check: (of: Case, response: Result) => void,
): Promise<void> {
  const prepare = await subject();
  const runs = new Map<string, () => Promise<Result>>();
  for await (const line of createInterface({ input: process.stdin })) {
    const slice: Slice = JSON.parse(line);
    const of = cases.find(({ name }) => name === slice.name);
    if (of === undefined) throw new Error(`There is no case ${slice.name}.`);
    const run = runs.get(of.name) ?? prepare(of);
    if (!runs.has(of.name)) check(of, await run());
    runs.set(of.name, run);
    console.log(await cpuTimeOf(run, slice));
  }
}

/**
 * Returns the CPU time per run, in microseconds. CPU time varies far less than wall clock time on a shared machine. It
 * covers all threads, so that garbage collection counts.
 */
async function cpuTimeOf(run: () => Promise<unknown>, { milliseconds, runs = Infinity }: Slice): Promise<number> {
  const begin = process.cpuUsage();
  for (let count = 0; ; ) {
    // Reading the clock is cheap compared with a run of some microseconds. Reading the CPU time is not.
    const end = performance.now() + 5;
    do {
      await run();
      count++;
    } while (performance.now() < end);
    // Finalizers run between turns of the event loop, as in a server. On Deno, the finalizers of a whole slice made a
    // later slice slow when they all ran at once.
    await turn();
    const { user, system } = process.cpuUsage(begin);
    const cpuTime = user + system;
    if (cpuTime >= milliseconds * 1000 || count >= runs) return cpuTime / count;
  }
}
