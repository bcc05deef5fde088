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
 * Compares subjects and prints the samples as JSON. The program that calls this starts itself once more for each
 * subject, on the `RUNTIME` and with the subject's name as its argument. Subjects in one process would share the code
 * of Apollo Server and graphql, and the JIT would optimize that code for all of them together.
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
 * Measures in rounds, so that other load on the machine affects all subjects alike. Each round starts with another
 * subject. Each subject runs in several processes, one after the other, because the JIT's results differ between
 * processes by a few percent.
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
      // Most code is new in the first case. A JIT counts calls, and the last code settles after some 30,000 of them.
      const warmUp = index === 0 ? { name, milliseconds: 6000, runs: 40_000 } : { name, milliseconds: 600 };
      // All subjects warm up at once. A subject that idles for ten seconds before its first round is slow again. On
      // Node, graphql-yoga becomes five times slower.
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
    /** Ends the input of each process, which ends the process. */
    stop() {
      for (const { stdin } of children.values()) stdin.end();
    },
  };
}
