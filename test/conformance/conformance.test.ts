import { beforeAll, describe, expect, test } from 'vitest';
import { type Case, type Client, createClient } from './case.ts';
import { audits } from './cases/audits.ts';
import { families } from './cases/index.ts';
import { gaps } from './gaps.ts';
import type { Send } from './http.ts';
import { allTargets, type Target, targets } from './targets.ts';

const caseNames = families.flatMap(({ cases }) => cases.map(({ name }) => name));

declare module 'vitest' {
  /** What the results say of a case besides whether it passed. */
  interface TaskMeta {
    rule?: string;
    /** Why the target does not pass the case: then a pass is that it still fails. */
    gap?: string;
  }
}

test('every case has a name of its own', () => {
  expect(caseNames).toEqual([...new Set(caseNames)]);
});

test.each(gaps)('the gap is one of a case and a target: $reason', ({ cases, on }) => {
  expect(caseNames).toEqual(expect.arrayContaining([...cases]));
  expect(allTargets.some(({ name }) => on.test(name))).toBe(true);
});

test('every audit of graphql-http is among the cases', () => {
  expect(audits.cases).toHaveLength(61);
});

for (const target of targets) describe(target.name, () => conforms(target));

function conforms(target: Target): void {
  let client: Client;

  beforeAll(async () => {
    const { transport, stop } = await target.start();
    client = createClient({ ...transport, send: withoutStackTraces(transport.send) }, target.platform);
    return async () => {
      await stop();
    };
  }, 300_000);

  for (const { name: family, cases } of families) {
    describe(family, () => {
      for (const { name, rule, run } of cases.filter(appliesTo(target))) {
        const gap = gaps.find(({ cases, on }) => cases.includes(name) && on.test(target.name))?.reason;
        // `fails` turns both ways: a gap that has closed is a failure until its entry is gone.
        const testCase = gap === undefined ? test : test.fails;
        const title = `${name} [${rule}]${gap === undefined ? '' : `, known gap: ${gap}`}`;
        testCase(title, { meta: gap === undefined ? { rule } : { rule, gap } }, () => run(client));
      }
    });
  }
}

function appliesTo(target: Target): (conformanceCase: Case) => boolean {
  return ({ wire = false }) => !wire || !target.inProcess;
}

/** A rule for every answer there is: no client ever sees where in the code an error came from. */
function withoutStackTraces(send: Send): Send {
  return async (message) => {
    const answer = await send(message);
    expect(answer.text).not.toMatch(/stacktrace|\n?\s+at .+:\d+:\d+/);
    return answer;
  };
}
