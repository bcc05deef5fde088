import { Client, fetchExchange } from 'urql';
import { afterAll, beforeAll, expect } from 'vitest';
import { describeHosts, patient } from '../hosts/describe-hosts.ts';
import { type Fixture, legacyFormat, startFixture } from '../incremental/fixture.ts';

const deferred = '{ hello ... @defer { gated } }';

describeHosts({ suite: 'urql' }, (host, test) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host);
    await connect('warm-up').query('{ hello }', {}).toPromise();
  });
  afterAll(async () => {
    const printed = await fixture.stop();
    if (!host.logsRequests) expect(printed).toBe('');
  });

  function connect(run: string, headers: Readonly<Record<string, string>> = {}) {
    return new Client({
      url: `${fixture.server.url}/graphql`,
      exchanges: [fetchExchange],
      // urql sends small queries by GET by default. Apollo's CSRF prevention refuses a GET without a special header.
      preferGetMethod: false,
      fetchOptions: { headers: { 'x-run': run, ...headers } },
    });
  }

  /** Runs a query, and records its results. */
  function watch(run: string, query: string) {
    const seen: { data: unknown; error: string | undefined; hasNext: boolean }[] = [];
    const { unsubscribe } = connect(run, { accept: legacyFormat })
      .query(query, {})
      .subscribe(({ data, error, hasNext }) => seen.push({ data, error: error?.message, hasNext }));
    return { seen, leave: unsubscribe };
  }

  test('a client that names the format it accepts gets the deferred field after the rest', async () => {
    const { seen } = watch('deferred', deferred);
    await expect.poll(() => seen, patient).toEqual([{ data: { hello: 'world' }, error: undefined, hasNext: true }]);
    await fixture.open('deferred');
    await expect
      .poll(() => seen[1], patient)
      .toEqual({ data: { hello: 'world', gated: 'open' }, error: undefined, hasNext: false });
  });

  test('a client that names no format gets one complete response', async () => {
    await fixture.open('complete');
    const { data, error } = await connect('complete').query(deferred, {}).toPromise();
    expect(error).toBeUndefined();
    expect(data).toEqual({ hello: 'world', gated: 'open' });
  });

  test('the items of a list come one by one, until nobody watches', async () => {
    const { seen, leave } = watch('list', '{ items(ms: 50) @stream }');
    await expect.poll(() => seen.length, patient).toBeGreaterThan(3);
    expect(seen.slice(0, 3).map(({ data }) => data)).toEqual([{ items: [] }, { items: [1] }, { items: [1, 2] }]);
    leave();
    await expect.poll(() => fixture.journal('list'), patient).toMatchObject({ aborts: 1, opened: 1, closed: 1 });
  });

  test('a stream that fails is an error', async () => {
    const { seen } = watch('failing', 'query Throws { hello ... @defer { gated } }');
    await fixture.open('failing');
    await expect.poll(() => seen.at(-1), patient).toMatchObject({ error: '[GraphQL] Internal server error' });
  });
});
