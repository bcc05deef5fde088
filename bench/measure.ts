import process from 'node:process';

/** The samples of one subject, one per round. Samples of two subjects with the same index are from the same round. */
export interface Samples {
  readonly name: string;
  readonly samples: readonly number[];
}

/** The samples of several subjects that ran the same case. */
export interface Comparison {
  readonly name: string;
  readonly results: readonly Samples[];
}

export interface Effort {
  /** How many processes each subject runs in, one after the other, if the subjects have processes of their own. */
  readonly processes: number;
  /** The number of measured rounds in all processes together. Every subject gets one slice per round. */
  readonly rounds: number;
  /** The length of a slice, in milliseconds. */
  readonly slice: number;
}

/** Reads the effort from the environment. */
export function effort(): Effort {
  const { PROCESSES = '1', ROUNDS = '5', SLICE = '50' } = process.env;
  return { processes: Number(PROCESSES), rounds: Number(ROUNDS), slice: Number(SLICE) };
}
