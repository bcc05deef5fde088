import { beforeAll, describe, expect, test } from 'vitest';
import { type Case, type Client, createClient } from './case.ts';
import { families } from './cases/index.ts';
import { gaps } from './gaps.ts';
import type { Send } from './http.ts';
import { type Target, targets } from './targets.ts';

test('every gap is the gap of a case and a target that exist', () => {
  const caseNames = families.flatMap(({ cases }) => cases.map(({ name }) => name));
  expect(new Set(caseNames).size).toBe(caseNames.length);
  for (const gap of gaps) {
    expect(caseNames).toEqual(expect.arrayContaining([...gap.cases]));
    expect(targets.map(({ name }) => name)).toEqual(expect.arrayContaining([...gap.targets]));
  }
});

describe.each(targets)('$name', (target) => {
  let client: Client;

  beforeAll(async () => {
    const { transport, stop } = await target.start();
    client = createClient({ ...transport, send: withoutStackTraces(transport.send) });
    return async () => {
      await stop();
    };
  });

  describe.each(families)('$name', ({ cases }) => {
    for (const conformanceCase of cases.filter(appliesTo(target))) {
      const { name, rule, run } = conformanceCase;
      const gap = gaps.find(({ cases, targets }) => cases.includes(name) && targets.includes(target.name));
      // `fails` turns both ways: a gap that has closed is a failure until its entry is gone.
      const testCase = gap === undefined ? test : test.fails;
      testCase(`${name} [${rule}]${gap === undefined ? '' : `, known gap: ${gap.reason}`}`, { meta: { gap } }, () =>
        run(client),
      );
    }
  });
});

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
