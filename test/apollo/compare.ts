import { expectationOf } from './expected.ts';
import type { Outcome } from './outcome.ts';
import type { SuiteRun } from './runs.ts';

/** The result of a run, compared with the expectation. */
export interface Result {
  readonly name: string;
  /** The name of the host. */
  readonly host: string;
  readonly graphql: string;
  readonly start: string;
  readonly passed: number;
  /** How many cases were run. */
  readonly total: number;
  readonly expectedFailures: readonly { readonly name: string; readonly reason: string }[];
  /** Descriptions of everything that is not as expected. The run has failed if there are any. */
  readonly deviations: readonly string[];
}

export function compare(suiteRun: SuiteRun, { cases, errors }: Outcome): Result {
  const { total, failures } = expectationOf(suiteRun);
  const run = cases.filter(({ status }) => status !== 'skipped');
  const failed = run.filter(({ status }) => status === 'failed');
  const failedNames = new Set(failed.map(({ name }) => name));
  return {
    ...suiteRun,
    host: suiteRun.host.name,
    passed: run.filter(({ name, status }) => status === 'passed' && !failures.has(name)).length,
    total: run.length,
    expectedFailures: Array.from(failures, ([name, { reason }]) => ({ name, reason })),
    deviations: [
      ...errors.map((error) => `Error outside of any case: ${error}`),
      ...(run.length === total ? [] : [`${run.length} cases were run, not ${total}.`]),
      ...failed
        .filter(({ name }) => !failures.has(name))
        .map(({ name, errors }) => `Failed: ${name}\n${errors.join('\n')}`),
      ...Array.from(failures)
        .filter(([name, { isSteady }]) =>
          isSteady ? !failedNames.has(name) : !run.some((other) => other.name === name),
        )
        .map(([name]) => `Expected to fail, but did not: ${name}`),
    ],
  };
}
