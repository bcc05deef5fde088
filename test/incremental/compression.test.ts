import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fixture, startFixture } from './hosts.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture({
    name: 'Node, @whatwg-node/server that compresses',
    runtime: 'node',
    program: 'whatwg-compressed.ts',
  });
});
afterAll(async () => {
  expect(await fixture.stop()).toBe('');
});

const contentEncoding = async (call: ReturnType<Fixture['graphql']>) =>
  (await call.head()).headers.get('content-encoding');

test('complete answers are compressed', async () => {
  const call = fixture.graphql('complete', '{ hello }');
  expect(await contentEncoding(call)).toBe('gzip');
  call.leave('FIN');
});

test('parts are not, and the first is there before the deferred field resolves', async () => {
  const call = fixture.graphql('gated', '{ hello ... @defer { gated } }');
  expect(await contentEncoding(call)).toBe('identity');
  expect(await call.next()).toContain('{"data":{"hello":"world"},"hasNext":true}');
  await fixture.open('gated');
  expect(await call.next()).toContain('{"data":{"gated":"open"},"path":[]}');
});
