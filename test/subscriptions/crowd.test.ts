import { expect } from 'vitest';
import { describeHosts, patient } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { residentBytes } from '../hosts/memory.ts';
import { protocols, Stream, startFixture } from './fixture.ts';

const size = 1000;

const needs = ({ isOneProcess }: Host) => isOneProcess;

describeHosts({ suite: 'subscriptions-crowd', needs }, (host, test) => {
  test('1,000 subscriptions at once: each gets heartbeats and events, and none is left behind', async () => {
    const fixture = await startFixture(host);
    const before = await residentBytes(fixture.server);
    const streams = await Promise.all(
      Array.from({ length: size }, async (_, index) => {
        const protocol = protocols[index % protocols.length] ?? expect.fail();
        const query = 'subscription { ticks(run: "crowd", hold: 2) }';
        const stream = new Stream(fixture.call(query, { accept: protocol.accept }));
        await stream.until(protocol.start + protocol.event({ data: { ticks: 1 } }), protocol);
        return { stream, protocol };
      }),
    );
    expect(await fixture.journal('crowd')).toMatchObject({ opened: size, closed: 0, events: size });
    for (const { stream, protocol } of streams) expect(await stream.call.next()).toContain(protocol.heartbeat);
    // This includes a thousand sockets and what hosts keep of their requests.
    expect((await residentBytes(fixture.server)) - before).toBeLessThan(250e6);

    await fixture.open('crowd');
    for (const { stream, protocol } of streams) await stream.until(protocol.event({ data: { ticks: 2 } }), protocol);
    for (const { stream } of streams) stream.call.disconnect('FIN');
    await expect
      .poll(() => fixture.journal('crowd'), { ...patient, timeout: 20_000 })
      .toMatchObject({ opened: size, closed: size, aborts: size, logged: [] });
    await fixture.stop();
  });
});
