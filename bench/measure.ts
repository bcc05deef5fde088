import process from 'node:process';

export interface Subject {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** What was measured of one subject: one sample a round. Samples of the same round belong together. */
export interface Samples {
  readonly name: string;
  readonly samples: readonly number[];
}

/** What was measured of several subjects that did the same. */
export interface Comparison {
  readonly name: string;
  readonly results: readonly Samples[];
}

export interface Effort {
  /** How often the processes of the subjects are started anew, where they have processes of their own. */
  readonly processes: number;
  /** Rounds that count, over all processes. In each, every subject gets one slice. */
  readonly rounds: number;
  /** The length of a slice, in milliseconds. */
  readonly slice: number;
}

/** As the environment says. */
export function effort(): Effort {
  const { PROCESSES = '1', ROUNDS = '5', SLICE = '50' } = process.env;
  return { processes: Number(PROCESSES), rounds: Number(ROUNDS), slice: Number(SLICE) };
}

/**
 * Measures the CPU time of subjects, in microseconds, beside each other: in rounds, so that what the machine does
 * meanwhile happens to all of them, each round beginning with another one, after a warm-up that also tells how many
 * runs make a slice. CPU time (of all threads, so garbage collection counts), because it moves far less than wall clock
 * time on a shared machine.
 */
export async function measure(subjects: readonly Subject[], { rounds, slice }: Effort): Promise<Samples[]> {
  const measured: { subject: Subject; runs: number; samples: number[] }[] = [];
  for (const subject of subjects) {
    const begin = performance.now();
    let runs = 0;
    do {
      await subject.run();
      runs++;
    } while (performance.now() - begin < slice * 4);
    const perRun = await sliceOf(subject, Math.ceil(runs / 4));
    measured.push({ subject, runs: Math.max(1, Math.round((slice * 1000) / perRun)), samples: [] });
  }
  for (let round = 0; round < rounds; round++) {
    const first = round % measured.length;
    for (const { subject, runs, samples } of [...measured.slice(first), ...measured.slice(0, first)]) {
      samples.push(await sliceOf(subject, runs));
    }
  }
  return measured.map(({ subject, samples }) => ({ name: subject.name, samples }));
}

async function sliceOf({ run }: Subject, runs: number): Promise<number> {
  const begin = process.cpuUsage();
  for (let index = 0; index < runs; index++) await run();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / runs;
}
