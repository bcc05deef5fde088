import { describe, expect, test } from 'vitest';
import { describeHosts } from '../hosts/describe-hosts.ts';
import { encode } from './bytes.ts';
import { fuzz, fuzzHandler, fuzzHost } from './fuzz.ts';
import type { FuzzRequest } from './request.ts';
import { faultOf } from './response.ts';

/** A short run that is the same each time. CI and developers run `node test/fuzz/fuzz.ts` for longer. */
const run = { seed: 20261122, requests: 300 };

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
  const sent = async (seed: number) => {
    const requests: FuzzRequest[] = [];
    await fuzz({ seed, requests: 100 }, async (request) => {
      requests.push(request);
      return undefined;
    });
    return requests;
  };
  const requests = await sent(run.seed);
  expect(requests).toHaveLength(100);
  expect(await sent(run.seed)).toEqual(requests);
  expect(await sent(run.seed + 1)).not.toEqual(requests);
});

test('a fault shrinks to the smallest request, and its path repeats that request', async () => {
  const asked: FuzzRequest[] = [];
  const ask = async (request: FuzzRequest) => {
    asked.push(request);
    const body = String(Buffer.concat(request.body ?? []));
    // A batch does not shrink to its only operation.
    if (body.includes('{nothing}') && !body.startsWith('[')) throw new Error('planted');
    return undefined;
  };
  const { faults } = await fuzz({ ...run, requests: 5000 }, ask);
  const path = /path ([\d:]*\d)/.exec(faults.join())?.[1] ?? '';
  const query = '{"query":"{nothing}"}';
  const report = `rejected: Error: planted\n  POST /\n  {}\n  ${JSON.stringify([query])}\n`;
  expect(faults).toEqual([expect.stringContaining(`seed ${run.seed}, path ${path}: ${report}`)]);

  asked.length = 0;
  await fuzz({ ...run, path }, ask);
  expect(asked[0]).toEqual({ method: 'POST', target: '/', headers: {}, body: [encode(query)], endsEarly: false });
});

test('a fault that no response shows shrinks too', async () => {
  let isPolluted = false;
  const ask = async ({ target }: FuzzRequest) => {
    isPolluted ||= target.includes('__proto__');
    return undefined;
  };
  const sideEffects = () => {
    const effects = isPolluted ? ['polluted'] : [];
    isPolluted = false;
    return effects;
  };
  const { faults } = await fuzz({ ...run, requests: 5000 }, ask, { sideEffects });
  expect(faults).toEqual([expect.stringMatching(/: polluted\n {2}\w+ \/\?\S*__proto__\S*\n {2}\{\}\n/)]);
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
