import { beforeAll, describe, expect, test } from 'vitest';
import { type Case, type Client, createClient } from './case.ts';
import { families } from './cases/index.ts';
import { gaps } from './gaps.ts';
import type { Send } from './http.ts';
import { type Target, targets } from './targets.ts';

describe.each(targets)('$name', (target) => {
  let client: Client;

  beforeAll(async () => {
    const { send, stop } = await target.start();
    client = createClient(withoutStackTraces(send));
    return async () => {
      await stop();
    };
  });

  describe.each(families)('$name', ({ cases }) => {
    for (const conformanceCase of cases.filter(appliesTo(target))) {
      const { name, rule, run } = conformanceCase;
      const gap = gaps.find((entry) => entry.case === name && entry.targets.includes(target.name));
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
