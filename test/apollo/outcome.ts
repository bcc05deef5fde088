/** The outcome of a run of the suite. */
export interface Outcome {
  readonly cases: readonly CaseOutcome[];
  /** Errors outside of any case. */
  readonly errors: readonly string[];
}

export interface CaseOutcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly errors: readonly string[];
}
