import process from 'node:process';
import { createInterface } from 'node:readline';

/** Makes, in a process that measures nothing else, what runs a case once. */
export type Subject<Case, Answer> = () => Promise<(of: Case) => () => Promise<Answer>>;

/** What to run, and for how much CPU time. */
export interface Slice {
  readonly name: string;
  readonly milliseconds: number;
}

/** Answers each slice on stdin by what one run took on stdout. A case is checked before it is first timed. */
export async function serve<Case extends { readonly name: string }, Answer>(
  cases: readonly Case[],
  subject: Subject<Case, Answer>,
  check: (of: Case, answer: Answer) => void,
): Promise<void> {
  const prepare = await subject();
  const runs = new Map<string, () => Promise<Answer>>();
  for await (const line of createInterface({ input: process.stdin })) {
    const { name, milliseconds }: Slice = JSON.parse(line);
    const of = cases.find((of) => of.name === name);
    if (of === undefined) throw new Error(`There is no case ${name}.`);
    const run = runs.get(name) ?? prepare(of);
    if (!runs.has(name)) check(of, await run());
    runs.set(name, run);
    console.log(await cpuTimeOf(run, milliseconds));
  }
}

/**
 * Microseconds of CPU time, because it moves far less than wall clock time on a shared machine; of all threads, so that
 * garbage collection counts.
 */
async function cpuTimeOf(run: () => Promise<unknown>, milliseconds: number): Promise<number> {
  const begin = process.cpuUsage();
  let runs = 0;
  for (;;) {
    // The clock is cheap to ask beside a run of some microseconds. How much CPU time has been used is not.
    const end = performance.now() + 5;
    do {
      await run();
      runs++;
    } while (performance.now() < end);
    const { user, system } = process.cpuUsage(begin);
    const cpuTime = user + system;
    if (cpuTime >= milliseconds * 1000) return cpuTime / runs;
  }
}
