import process from 'node:process';

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
