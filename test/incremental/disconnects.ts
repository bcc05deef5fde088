import { describe, expect, test } from 'vitest';
import { patient } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import type { Fixture } from './fixture.ts';

/** Returns `test`, or `test.fails` for a gap of the host, so that a gap that closes is noticed. */
const unless = (isGap: boolean) => (isGap ? test.fails : test);

/** Tests clients that disconnect: the signal aborts, the source is closed, and nothing is left behind. */
export function testDisconnects(host: Host, getFixture: () => Fixture): void {
  const expectJournal = (run: string, isGap = false) =>
    expect.poll(() => getFixture().journal(run), isGap ? { ...patient, timeout: 1_000 } : patient);

  describe.each(['FIN', 'RST'] as const)('%s', (how) => {
    const isLate = host.noticesLate?.includes(how) === true;
    // How many items may be written before the disconnect is noticed.
    const late = isLate ? 3 : 0;

    unless(isLate)('before a complete response: the signal aborts', async () => {
      const run = `complete-${how}`;
      const call = getFixture().graphql(run, '{ gated }');
      await expectJournal(run).toMatchObject({ contexts: 1 });
      call.disconnect(how);
      try {
        await expectJournal(run, isLate).toMatchObject({ aborts: 1 });
      } finally {
        await getFixture().open(run);
      }
    });

    // After a FIN, the host can still write to the connection, and it notices the disconnect when it does.
    const isForgotten = how === 'RST' && host.forgetsBeforeFirstPart === true;
    unless(isForgotten)('before the first part: the source is closed as soon as that part is ready', async () => {
      const run = `first-${how}`;
      const call = getFixture().graphql(run, '{ gated items @stream }');
      await expectJournal(run).toMatchObject({ opened: 1 });
      call.disconnect(how);
      if (!isLate) await expectJournal(run).toMatchObject({ aborts: 1, closed: 0 });
      await getFixture().open(run);
      await expectJournal(run, isForgotten).toMatchObject({ aborts: 1, opened: 1, closed: 1 });
    });

    test.each(['GET', 'POST'])('between two parts of a %s: the source is closed', async (method) => {
      const run = `between-${how}-${method}`;
      const call = getFixture().graphql(run, '{ items(ms: 30) @stream }', { method });
      await call.next();
      await call.next();
      call.disconnect(how);
      await expectJournal(run).toMatchObject({ aborts: 1, opened: 1, closed: 1 });
    });

    test('while an item is being computed: the source is closed one item later', async () => {
      const run = `computing-${how}`;
      const call = getFixture().graphql(run, '{ items(hold: 3) @stream }');
      for (let part = 0; part < 3; part++) await call.next();
      call.disconnect(how);
      if (!isLate) await expectJournal(run).toMatchObject({ aborts: 1, items: 2, closed: 0 });
      await getFixture().open(run);
      await expectJournal(run).toMatchObject({ aborts: 1, opened: 1, closed: 1 });
      expect((await getFixture().journal(run)).items).toBeLessThanOrEqual(3 + 1 + late);
    });

    unless(isLate)('with the cancellation plugin, no further resolver is started', async () => {
      const run = `steps-${how}`;
      const chain = (depth: number): string => (depth === 0 ? 'done' : `step(ms: 60) { ${chain(depth - 1)} }`);
      const call = getFixture().graphql(run, `{ ${chain(8)} }`, { path: '/cancelling' });
      await expect.poll(async () => (await getFixture().journal(run)).steps, patient).toBeGreaterThanOrEqual(2);
      call.disconnect(how);
      await expectJournal(run, isLate).toMatchObject({ aborts: 1 });
      const { steps } = await getFixture().journal(run);
      expect(steps).toBeLessThan(8);
      await getFixture().graphql(`after-${run}`, '{ items(count: 10, ms: 10) @stream }').rest();
      expect(await getFixture().journal(run)).toMatchObject({ steps });
    });

    test('after the last part: the signal does not abort', async () => {
      const run = `last-${how}`;
      const call = getFixture().graphql(run, '{ items(count: 2) @stream }');
      await call.rest();
      call.disconnect(how);
      await getFixture().hello(`after-${run}`);
      expect(await getFixture().journal(run)).toMatchObject({ aborts: 0, items: 2, opened: 1, closed: 1 });
    });

    test('after a complete response: the signal does not abort', async () => {
      const run = `responded-${how}`;
      const call = getFixture().graphql(run, '{ hello }', { headers: { 'accept-encoding': 'identity' } });
      await call.rest();
      call.disconnect(how);
      await getFixture().hello(`after-${run}`);
      expect(await getFixture().journal(run)).toMatchObject({ contexts: 1, aborts: 0 });
    });

    test('with half of its request sent: nothing is executed', async () => {
      const run = `half-${how}`;
      const call = getFixture().graphql(run, '{ hello }', { sendOnly: 7 });
      await call.connected();
      await getFixture().hello(`during-${run}`);
      call.disconnect(how);
      await getFixture().hello(`after-${run}`);
      expect(await getFixture().journal(run)).toMatchObject({ contexts: 0, aborts: 0, logged: [] });
    });
  });

  test('while the sources wait: each is closed in the AsyncLocalStorage of its own request', async () => {
    const runs = ['store-a', 'store-b'];
    const clients = runs.map(async (run) => {
      const call = getFixture().graphql(run, '{ stores @stream }');
      for (let part = 0; part < 3; part++) await call.next();
      call.disconnect('RST');
    });
    await Promise.all(clients);
    for (const run of runs) {
      await expectJournal(run).toMatchObject({ closed: 1 });
      expect(await getFixture().journal(run)).toMatchObject({ stores: [run] });
    }
  });

  test('200 at once leave no source open', async () => {
    const clients = Array.from({ length: 200 }, async (_, n) => {
      const call = getFixture().graphql('crowd', '{ items(ms: 20) @stream }');
      for (let part = 0; part <= n % 3; part++) await call.next();
      call.disconnect(n % 2 === 0 ? 'FIN' : 'RST');
    });
    await Promise.all(clients);
    await expectJournal('crowd').toMatchObject({ contexts: 200, opened: 200, closed: 200, aborts: 200, logged: [] });
  });

  describe('a body that comes later than its headers', () => {
    async function disconnectAfterLateBody(run: string): Promise<void> {
      const ready = Promise.withResolvers<void>();
      const call = getFixture().graphql(run, '{ gated items @stream }', { bodyLater: ready.promise });
      await call.connected();
      await getFixture().hello(`during-${run}`);
      ready.resolve();
      await expectJournal(run).toMatchObject({ opened: 1 });
      call.disconnect('RST');
    }

    const isLate = host.noticesLateAfterLateBody === true;
    unless(isLate)('the signal aborts', async () => {
      await disconnectAfterLateBody('late-body');
      try {
        await expectJournal('late-body', isLate).toMatchObject({ aborts: 1 });
      } finally {
        await getFixture().open('late-body');
      }
    });

    const isForgotten = host.forgetsBeforeFirstPart === true;
    unless(isForgotten)('the source is closed as soon as the first part is ready', async () => {
      await disconnectAfterLateBody('later-body');
      await getFixture().open('later-body');
      await expectJournal('later-body', isForgotten).toMatchObject({ aborts: 1, opened: 1, closed: 1 });
    });
  });
}
