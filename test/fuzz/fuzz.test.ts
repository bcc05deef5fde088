import { describe, expect, test } from 'vitest';
import { describeHosts } from '../hosts/describe-hosts.ts';
import { fuzzHandler, fuzzHost } from './fuzz.ts';
import { faultOf } from './response.ts';

/** A short run that is the same each time. CI and developers run `node test/fuzz/fuzz.ts` for longer. */
const run = { seed: 20261120, requests: 300 };

test('the handler responds to whatever it is sent', async () => {
  const { statuses, faults } = await fuzzHandler({ ...run, requests: 5000 });
  expect(faults).toEqual([]);
  // The fuzzer gets past the first check of the handler.
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '400', '405', '406', '415']));
});

describeHosts({ suite: 'fuzz' }, (host, test) => {
  test('a server responds to whatever it is sent', async () => {
    const { statuses, faults } = await fuzzHost(host, run);
    expect(faults).toEqual([]);
    expect(statuses[200]).toBeGreaterThan(0);
  });
});

test('a seed repeats the same requests', async () => {
  const whole = await fuzzHandler({ ...run, requests: 100 });
  const halves = [
    await fuzzHandler({ ...run, requests: 50 }),
    await fuzzHandler({ ...run, first: 50, requests: 50 }),
  ].map(({ statuses }) => statuses);
  const sum: Record<string, number> = {};
  for (const [status, count] of halves.flatMap(Object.entries)) sum[status] = (sum[status] ?? 0) + Number(count);
  expect(sum).toEqual(whole.statuses);
});

describe('a fault is', () => {
  const request = { method: 'POST', target: '/', headers: {}, body: undefined, endsEarly: false };
  const json = 'application/json; charset=utf-8';

  test.each([
    ['a 500', 500, json, '{"errors":[{"message":"Internal server error"}]}'],
    ['a refusal without errors', 400, json, '{"data":null}'],
    ['an error without a message', 400, json, '{"errors":[{}]}'],
    ['an empty response', 200, json, '{}'],
    ['broken JSON', 200, json, '{"data":'],
    ['a stack trace', 200, json, '{"errors":[{"message":"a","extensions":{"stacktrace":[]}}]}'],
    ['text', 400, 'text/plain', 'Bad Request'],
    ['no media type', 400, null, ''],
    ['a batch that fails for no reason', 400, json, '[{"data":{}}]'],
    ['half a multipart', 200, 'multipart/mixed; boundary="-"', '\r\n---\r\ncontent-type: application/json\r\n'],
  ])('%s', (_name, status, contentType, body) => {
    expect(faultOf(request, { status, contentType, body })).toEqual(expect.any(String));
  });

  test.each([
    ['a result', 200, json, '{"data":{}}'],
    ['a refusal', 400, 'application/graphql-response+json', '{"errors":[{"message":"a"}]}'],
    ['a batch', 400, json, '[{"data":{}},{"errors":[{"message":"a"}]}]'],
  ])('not %s', (_name, status, contentType, body) => {
    expect(faultOf(request, { status, contentType, body })).toBeUndefined();
  });
});
