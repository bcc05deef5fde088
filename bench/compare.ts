import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { type Comparison, effort } from './measure.ts';
import { type Slice, type Subject, serve } from './subject.ts';

const modules = `${import.meta.dirname}/../node_modules`;

const runtimes: Record<string, readonly string[]> = {
  node: [process.execPath],
  bun: [`${modules}/bun/bin/bun.exe`],
  deno: [`${modules}/deno/deno`, 'run', '-A'],
};

/**
 * Measures subjects beside each other and prints the samples as JSON. The program that calls this starts itself on the
 * `RUNTIME` once more for each subject, with the subject's name as its argument: in one process they would share the code
 * of Apollo Server and graphql, and each would run what the JIT has made of it for all of them.
 */
export async function compare<Case extends { readonly name: string }, Result>(
  cases: readonly Case[],
  subjects: Readonly<Record<string, Subject<Case, Result>>>,
  check: (subject: string, of: Case, response: Result) => void,
): Promise<never> {
  const [name] = process.argv.slice(2);
  if (name === undefined) {
    const { CASES = '' } = process.env;
    const names = cases.map(({ name }) => name).filter((name) => name.includes(CASES));
    console.log(JSON.stringify(await measure(names, Object.keys(subjects))));
  } else {
    const subject = subjects[name];
    if (subject === undefined) throw new Error(`There is no subject ${name}.`);
    await serve(cases, subject, (of, response) => check(name, of, response));
  }
  process.exit(0);
}

/**
 * In rounds, so that what the machine does meanwhile happens to all subjects, each round beginning with another one; and
 * in several processes of each, one after the other, because the JIT's luck differs between them by some percent.
 */
async function measure(cases: readonly string[], names: readonly string[]): Promise<Comparison[]> {
  const { processes, rounds, slice } = effort();
  const comparisons = cases.map((name) => ({
    name,
    results: names.map((name) => ({ name, samples: [] as number[] })),
  }));
  for (let generation = 0; generation < processes; generation++) {
    const { run, stop } = start(names);
    for (const [index, { name, results }] of comparisons.entries()) {
      // Most code is new in the first case, and a JIT goes by calls: the last thing to settle does so after some 30,000.
      const warmUp = index === 0 ? { name, milliseconds: 6000, runs: 40_000 } : { name, milliseconds: 600 };
      // All at once: what idles for ten seconds before its first round is slow again, on Node graphql-yoga five times.
      await Promise.all(names.map((subject) => run(subject, warmUp)));
      for (let round = 0; round < rounds / processes; round++) {
        const first = (generation + round) % names.length;
        for (const { name: subject, samples } of [...results.slice(first), ...results.slice(0, first)]) {
          samples.push(await run(subject, { name, milliseconds: slice }));
        }
      }
    }
    stop();
  }
  return comparisons;
}

function start(names: readonly string[]) {
  const { RUNTIME = 'node' } = process.env;
  const [file = '', ...args] = [...(runtimes[RUNTIME] ?? []), process.argv[1] ?? ''];
  const children = new Map(
    names.map((name) => {
      const { stdin, stdout } = spawn(file, [...args, name], { stdio: ['pipe', 'pipe', 'inherit'] });
      return [name, { stdin, lines: createInterface({ input: stdout })[Symbol.asyncIterator]() }];
    }),
  );
  return {
    async run(subject: string, slice: Slice): Promise<number> {
      const child = children.get(subject);
      child?.stdin.write(`${JSON.stringify(slice)}\n`);
      const line = await child?.lines.next();
      if (line === undefined || line.done) throw new Error(`${subject} has ended.`);
      return Number(line.value);
    },
    /** Each ends with its input. */
    stop() {
      for (const { stdin } of children.values()) stdin.end();
    },
  };
}
