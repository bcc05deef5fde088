import process from 'node:process';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';

/** Makes, in a process that measures nothing else, what runs a case once. */
export type Subject<Case, Result> = () => Promise<(of: Case) => () => Promise<Result>>;

/** What to run, and until it has used how much CPU time, or has been run how often. */
export interface Slice {
  readonly name: string;
  readonly milliseconds: number;
  readonly runs?: number;
}

/** Reads slices from stdin, and writes what one run took to stdout. A case is checked before it is first timed. */
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
 * Microseconds of CPU time, because it moves far less than wall clock time on a shared machine; of all threads, so that
 * garbage collection counts.
 */
async function cpuTimeOf(run: () => Promise<unknown>, { milliseconds, runs = Infinity }: Slice): Promise<number> {
  const begin = process.cpuUsage();
  for (let count = 0; ; ) {
    // The clock is cheap to ask beside a run of some microseconds. How much CPU time has been used is not.
    const end = performance.now() + 5;
    do {
      await run();
      count++;
    } while (performance.now() < end);
    // As in a server: finalizers run between turns, and on Deno those of a whole slice at once made a later one slow.
    await turn();
    const { user, system } = process.cpuUsage(begin);
    const cpuTime = user + system;
    if (cpuTime >= milliseconds * 1000 || count >= runs) return cpuTime / count;
  }
}
