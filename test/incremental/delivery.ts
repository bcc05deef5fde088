import { expect, test } from 'vitest';
import type { Host } from '../hosts/host.ts';
import type { Fixture } from './fixture.ts';
import { parseMultipart } from './multipart.ts';

const part = (result: unknown) => `content-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify(result)}\r\n`;

/** Tests that parts arrive as soon as they are made, byte for byte. */
export function testDelivery(host: Host, getFixture: () => Fixture): void {
  test.each(['GET', 'POST'])('%s: the first part is there before the deferred field resolves', async (method) => {
    const run = `first-${method}`;
    const call = getFixture().graphql(run, '{ hello ... @defer { gated } }', { method });
    const { status, headers } = await call.head();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
    expect(headers.get('content-encoding')).toBe(host.dropsIdentity === true ? null : 'identity');
    expect(await call.next()).toBe(`\r\n---\r\n${part({ data: { hello: 'world' }, hasNext: true })}---\r\n`);
    // The second part can be computed only now, after the client has received the first.
    await getFixture().open(run);
    expect(await call.next()).toBe(
      `${part({ incremental: [{ data: { gated: 'open' }, path: [] }], hasNext: false })}-----\r\n`,
    );
    expect(await call.next()).toBeUndefined();
    expect(await getFixture().journal(run)).toMatchObject({ contexts: 1, aborts: 0, logged: [] });
  });

  test('each part is a chunk of its own', async () => {
    const [first, ...others] = await getFixture().graphql('items', '{ items(count: 3, ms: 50) @stream }').rest();
    expect(first).toBe(`\r\n---\r\n${part({ data: { items: [] }, hasNext: true })}---\r\n`);
    const item = (n: number) =>
      `${part({ incremental: [{ items: [n], path: ['items', n - 1] }], hasNext: true })}---\r\n`;
    const end = `${part({ hasNext: false })}-----\r\n`;
    // The last item and the empty payload after it are ready at the same moment. Bun and Deno send them together.
    expect([
      [item(1), item(2), item(3), end],
      [item(1), item(2), item(3) + end],
    ]).toContainEqual(others);
  });

  test('multi-byte characters and text that looks like a boundary arrive as they are', async () => {
    const text = `naïve €𝄞\r\n---\r\n\r\n-----\r\n${'𝄞'.repeat(50_000)}`;
    const call = getFixture().graphql('text', `{ hello ... @defer { echo(text: ${JSON.stringify(text)}) { text } } }`);
    const contentType = (await call.head()).headers.get('content-type') ?? '';
    const parts = parseMultipart(contentType, (await call.rest()).join(''));
    expect(parts.map(({ body }) => JSON.parse(body))).toEqual([
      { data: { hello: 'world' }, hasNext: true },
      { incremental: [{ data: { echo: { text } }, path: [] }], hasNext: false },
    ]);
  });

  test('a stream that fails reports an error within a second, without its cause', async () => {
    const call = getFixture().graphql('failing', 'query Throws { hello items @stream }');
    const start = performance.now();
    const contentType = (await call.head()).headers.get('content-type') ?? '';
    const parts = parseMultipart(contentType, (await call.rest()).join(''));
    expect(performance.now() - start).toBeLessThan(1000);
    expect(parts.map(({ body }) => JSON.parse(body))).toEqual([
      { data: { hello: 'world', items: [] }, hasNext: true },
      { hasNext: false, errors: [{ message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
    ]);
    expect(await getFixture().journal('failing')).toMatchObject({ closed: 1, logged: ['Error: A secret cause.'] });
  });
}
