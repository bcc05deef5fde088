import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patient } from '../hosts/describe-hosts.ts';
import { hostNamed } from '../hosts/hosts.ts';
import { currentFormat, type Fixture, legacyFormat, startFixture } from './fixture.ts';
import { parseMultipart } from './multipart.ts';

const host = hostNamed('node');
const deferring = '{ hello ... @defer { echo(text: "later") { text } } }';
const streaming = '{ items(count: 2) @stream }';

const versions = [
  { name: 'graphql 16', graphql: 'graphql' },
  { name: 'graphql 17.0.0-alpha.9', graphql: 'graphql-17-alpha' },
  { name: 'graphql 17.1', graphql: 'graphql-17' },
] as const;

describe.each(versions)('$name', ({ name, graphql }) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host, { graphql });
  });
  afterAll(async () => {
    expect(await fixture.stop()).toBe('');
  });

  async function partsOf(query: string, accept: string) {
    const call = fixture.graphql('parts', query, { accept });
    const contentType = (await call.head()).headers.get('content-type') ?? '';
    expect(contentType).toBe(`multipart/mixed; boundary="-"; ${accept.split(/[;,] ?/)[1]}`);
    const parts = parseMultipart(contentType, (await call.rest()).join(''));
    return parts.map(({ body }) => JSON.parse(body));
  }

  async function complete(query: string, accept: string) {
    const call = fixture.graphql('complete', query, { accept });
    const { status } = await call.head();
    return { status, ...JSON.parse((await call.rest()).join('')) };
  }

  /** Checks that the source of a list is closed when the client disconnects between two parts. */
  async function expectClosed(run: string, accept: string) {
    const call = fixture.graphql(run, '{ items @stream }', { accept });
    await call.next();
    await call.next();
    call.disconnect('FIN');
    await expect.poll(() => fixture.journal(run), patient).toMatchObject({ aborts: 1, opened: 1, closed: 1 });
  }

  test('deferSpec=20220824, through @graphql-tools/executor', async () => {
    expect(await partsOf(deferring, legacyFormat)).toEqual([
      { data: { hello: 'world' }, hasNext: true },
      { incremental: [{ data: { echo: { text: 'later' } }, path: [] }], hasNext: false },
    ]);
    expect(await partsOf(streaming, legacyFormat)).toEqual([
      { data: { items: [] }, hasNext: true },
      { incremental: [{ items: [1], path: ['items', 0] }], hasNext: true },
      { incremental: [{ items: [2], path: ['items', 1] }], hasNext: true },
      { hasNext: false },
    ]);
    await expectClosed('legacy', legacyFormat);
  });

  if (name === 'graphql 17.0.0-alpha.9') {
    test('incrementalSpec=v0.2', async () => {
      expect(await partsOf(deferring, currentFormat)).toEqual([
        { data: { hello: 'world' }, pending: [{ id: '0', path: [] }], hasNext: true },
        { incremental: [{ data: { echo: { text: 'later' } }, id: '0' }], completed: [{ id: '0' }], hasNext: false },
      ]);
      expect(await partsOf(streaming, currentFormat)).toEqual([
        { data: { items: [] }, pending: [{ id: '0', path: ['items'] }], hasNext: true },
        { incremental: [{ items: [1], id: '0' }], hasNext: true },
        { incremental: [{ items: [2], id: '0' }], hasNext: true },
        { completed: [{ id: '0' }], hasNext: false },
      ]);
      expect(await partsOf('query Throws { hello items @stream }', currentFormat)).toEqual([
        { data: { hello: 'world', items: [] }, pending: [{ id: '0', path: ['items'] }], hasNext: true },
        {
          hasNext: false,
          errors: [{ message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
        },
      ]);
      await expectClosed('current', currentFormat);
    });

    test('the first part is there before the deferred field resolves', async () => {
      const call = fixture.graphql('gated', '{ hello ... @defer { gated } }', { accept: currentFormat });
      expect(await call.next()).toContain('{"data":{"hello":"world"},"pending":[{"id":"0","path":[]}],"hasNext":true}');
      await fixture.open('gated');
      expect(await call.next()).toContain('"incremental":[{"data":{"gated":"open"},"id":"0"}]');
      expect(await call.next()).toBeUndefined();
    });

    test('406 for a client that accepts no parts', async () => {
      expect(await complete(deferring, 'application/json')).toMatchObject({ status: 406 });
      expect(await complete('{ hello }', 'application/json')).toEqual({ status: 200, data: { hello: 'world' } });
    });
  }

  if (name === 'graphql 16') {
    test.each(['application/json', currentFormat])(
      'one complete response for a client that accepts %s',
      async (accept) => {
        expect(await complete(deferring, accept)).toEqual({
          status: 200,
          data: { hello: 'world', echo: { text: 'later' } },
        });
      },
    );
  }

  if (name === 'graphql 17.1') {
    // Apollo Server 5.5 supports incremental execution only with one alpha version. In any other execution, graphql 17
    // refuses a schema that declares the directives, whatever the operation.
    test.each(['application/json', currentFormat])('500 for a client that accepts %s', async (accept) => {
      for (const query of ['{ hello }', deferring]) {
        expect(await complete(query, accept)).toMatchObject({
          status: 500,
          errors: [{ message: expect.stringContaining('unexpectedly contains experimental directives') }],
        });
      }
    });
  }
});
