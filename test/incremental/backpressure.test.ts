import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { describeHosts, patient } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { residentBytes } from '../hosts/memory.ts';
import { type Fixture, startFixture } from './fixture.ts';

const MiB = 1024 * 1024;
/** The size of one part of `query Bulk`, in bytes. */
const partSize = 65_536;

const needs = ({ isOneProcess }: Host) => isOneProcess;

describeHosts({ suite: 'backpressure', needs }, (host, test) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host);
    // A reader that keeps up makes the server allocate what its code needs before the measurement begins.
    const call = fixture.graphql('warm-up', 'query Bulk { hello }');
    for (let part = 0; part < 200; part++) await call.next();
    call.disconnect('RST');
  });
  afterAll(async () => {
    expect(await fixture.stop()).toBe('');
  });

  const produced = async () => (await fixture.journal('stalled')).items;

  /** Waits until no part has been produced for half a second, and returns the number of parts. */
  async function settled(): Promise<number> {
    for (let before = -1; ; ) {
      const now = await produced();
      if (now === before) return now;
      before = now;
      await sleep(500);
    }
  }

  test('a reader that stalls holds the source back, and the source goes on with the reader', async () => {
    await expect.poll(() => fixture.journal('warm-up'), patient).toMatchObject({ closed: 1 });
    const before = await residentBytes(fixture.server);
    const call = fixture.graphql('stalled', 'query Bulk { hello }');
    await call.next();

    const stalled = await settled();
    const growth = (await residentBytes(fixture.server)) - before;
    expect(stalled * partSize, 'bytes produced').toBeLessThan(8 * MiB);
    expect(growth, 'bytes of memory').toBeLessThan(25_000_000);

    for (let part = 0; part < 2 * stalled; part++) await call.next();
    expect(await produced()).toBeGreaterThan(stalled);

    call.disconnect('FIN');
    await expect
      .poll(() => fixture.journal('stalled'), patient)
      .toMatchObject({ aborts: 1, opened: 1, closed: 1, logged: [] });
  });
});
