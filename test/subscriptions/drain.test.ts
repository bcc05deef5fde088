import { connect } from 'node:net';
import { afterEach, expect, vi } from 'vitest';
import { describeHosts, patient, printedBy } from '../hosts/describe-hosts.ts';
import { type Fixture, protocols, Stream, startFixture } from './fixture.ts';

describeHosts({ suite: 'subscriptions-drain', needs: ({ closes }) => closes }, (host, test) => {
  let fixture: Fixture;
  afterEach(async () => {
    await fixture.stop();
  });

  test('SIGTERM ends 100 open subscriptions with their goodbye, and waits for nothing else', async () => {
    fixture = await startFixture(host);
    const streams = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const protocol = protocols[index % protocols.length] ?? expect.fail();
        // Half of them wait for their first event. The others have received one.
        const isSilent = index < 50;
        const field = isSilent ? 'silent(run: "crowd")' : 'ticks(run: "crowd", hold: 2)';
        const stream = new Stream(fixture.call(`subscription { ${field} }`, { accept: protocol.accept }));
        await stream.until(protocol.start + (isSilent ? '' : protocol.event({ data: { ticks: 1 } })), protocol);
        return { stream, protocol };
      }),
    );
    await expect.poll(() => fixture.journal('crowd'), patient).toMatchObject({ opened: 100, closed: 0 });

    const begin = performance.now();
    const exitCode = fixture.server.stop();

    for (const { stream, protocol } of streams) expect(await stream.rest(protocol)).toBe(protocol.goodbye);
    expect(await exitCode).toBeNull();
    // The server would wait three seconds for an idle connection.
    expect(performance.now() - begin).toBeLessThan(2500);
    expect(printedBy(fixture.server, host)).toBe('');
  });

  test('a subscription whose client does not read is cut off', async () => {
    fixture = await startFixture(host);
    const call = fixture.call('subscription { bulk(run: "stalled") }', { accept: 'text/event-stream' });
    await call.head();
    let before = 0;
    const isStalled = async () => {
      const { events } = await fixture.journal('stalled');
      const isSame = events > 0 && events === before;
      before = events;
      return isSame;
    };
    await expect.poll(isStalled, { ...patient, interval: 200 }).toBe(true);

    const begin = performance.now();
    expect(await fixture.server.stop()).toBeNull();

    // The grace period of the application is 2,000 ms.
    expect(performance.now() - begin).toBeLessThan(1800);
  });

  for (const protocol of protocols) {
    const { name, accept, start, goodbye } = protocol;
    test(`a subscription that comes while the server stops gets the goodbye: ${name}`, async () => {
      fixture = await startFixture(host);
      const { url } = fixture.server;
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let received = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        received += text;
      });
      socket.on('error', () => {});
      const body = '{"query":"subscription { silent(run: \\"late\\") }"}';
      socket.write(`POST /graphql HTTP/1.1\r\nhost: a.test\r\ncontent-type: application/json\r\naccept: ${accept}\r\n`);
      const inFlight = fixture.call('{ untilAbort(run: "held") }', { headers: { 'accept-encoding': 'identity' } });
      const open = new Stream(fixture.call('subscription { silent(run: "held") }', { accept }));
      await open.until(start, protocol);
      await expect.poll(() => fixture.journal('held'), patient).toMatchObject({ opened: 2 });

      const exitCode = fixture.server.stop();

      expect(await open.rest(protocol)).toBe(goodbye);
      socket.write(`content-length: ${body.length}\r\n\r\n${body}`);
      await vi.waitFor(() => expect(socket.closed || received.endsWith('\r\n0\r\n\r\n')).toBe(true), 10_000);
      expect(received).toContain('HTTP/1.1 200');
      expect(received).toContain(goodbye);
      expect(received).not.toContain('complete');
      expect((await inFlight.rest()).join('')).toContain('aborted');
      expect(await exitCode).toBeNull();
    });
  }
});
