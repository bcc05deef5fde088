import { describe, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { expectationOf } from './expected.ts';
import type { CaseOutcome, Outcome } from './outcome.ts';
import { runs, type SuiteRun } from './runs.ts';

function runNamed(name: string): SuiteRun {
  const run = runs.find((run) => run.name === name);
  if (run === undefined) throw new Error(`No run ${name}`);
  return run;
}

/** A run whose results are as expected, except for the named cases. */
function outcomeOf(run: SuiteRun, changed: Readonly<Record<string, CaseOutcome['status']>> = {}): Outcome {
  const { total, failures } = expectationOf(run);
  const names = [...failures.keys()];
  while (names.length < total) names.push(`case ${names.length}`);
  return {
    errors: [],
    cases: names.map((name) => ({
      name,
      status: changed[name] ?? (failures.has(name) ? 'failed' : 'passed'),
      errors: [],
    })),
  };
}

const bun = runNamed('bun/graphql/started');
const [failing = ''] = expectationOf(bun).failures.keys();

describe('a run of the suite', () => {
  it.each(runs)('on $name that is as expected has no deviation', (run) => {
    const { passed, total, expectedFailures, deviations } = compare(run, outcomeOf(run));
    expect(deviations).toEqual([]);
    expect(passed + expectedFailures.length).toBe(total);
  });

  it('deviates if a case fails', () => {
    const result = compare(bun, outcomeOf(bun, { 'case 7': 'failed' }));
    expect(result.deviations).toEqual(['Failed: case 7\n']);
    expect(result.passed).toBe(243);
  });

  it('deviates if an expected failure passes', () => {
    const result = compare(bun, outcomeOf(bun, { [failing]: 'passed' }));
    expect(result.deviations).toEqual([`Expected to fail, but did not: ${failing}`]);
  });

  it('deviates if a case is not run', () => {
    const result = compare(bun, outcomeOf(bun, { 'case 7': 'skipped' }));
    expect(result.deviations).toEqual(['245 cases were run, not 246.']);
  });

  it('deviates if an error occurs outside of any case', () => {
    const result = compare(bun, { ...outcomeOf(bun), errors: ['a hook threw'] });
    expect(result.deviations).toEqual(['Error outside of any case: a hook threw']);
  });

  it('counts a case that passes now and then as failed', () => {
    const workerd = runNamed('workerd/graphql/started');
    const unsteady = Array.from(expectationOf(workerd).failures).filter(([, { isSteady }]) => !isSteady);
    expect(unsteady).toHaveLength(2);
    const result = compare(workerd, outcomeOf(workerd, Object.fromEntries(unsteady.map(([name]) => [name, 'passed']))));
    expect(result.deviations).toEqual([]);
    expect(result.passed).toBe(243);
  });
});
