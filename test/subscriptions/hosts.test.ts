import { afterAll, test as anyTest, beforeAll, expect } from 'vitest';
import { describeHosts, patient } from '../hosts/describe-hosts.ts';
import { type Fixture, type Protocol, protocols, Stream, startFixture } from './fixture.ts';

const internal = { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } };

describeHosts({ suite: 'subscriptions' }, (host, test) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host);
    await fixture.journal('warm-up');
  });
  afterAll(async () => {
    const printed = await fixture.stop();
    if (!host.logsRequests) expect(printed, 'nothing that happened here is worth a line').toBe('');
  });

  const poll = (run: string) => expect.poll(() => fixture.journal(run), patient);
  let runs = 0;
  const newRun = () => `run-${runs++}`;

  for (const protocol of protocols) {
    const { name, accept, contentType, start, heartbeat, event, end, failure } = protocol;
    const subscribe = (query: string) => new Stream(fixture.call(`subscription { ${query} }`, { accept }));

    for (const method of ['POST', 'GET']) {
      test(`${name}: the start at once, each event as it happens, heartbeats between them, by ${method}`, async () => {
        const run = newRun();
        const query = `subscription { ticks(run: "${run}", count: 2, hold: 2) }`;
        const stream = new Stream(fixture.call(query, { accept, method }));
        const { status, headers } = await stream.call.head();
        expect([status, headers.get('content-type')]).toEqual([200, contentType]);
        expect([headers.get('cache-control'), headers.get('content-encoding')]).toEqual([
          'no-store, no-transform',
          host.dropsIdentity ? null : 'identity',
        ]);
        // This compares bytes up to a heartbeat, not chunks, because the host may join what is ready at the same time.
        const expected = start + event({ data: { ticks: 1 } }) + heartbeat;
        let text = '';
        while (text.length < expected.length) text += await stream.call.next();
        expect(text.slice(0, expected.length)).toBe(expected);
        // The second event can be made only now, after the client has received the first.
        await fixture.open(run);
        expect(await stream.rest(protocol)).toBe(event({ data: { ticks: 2 } }) + end);
        expect(await fixture.journal(run)).toMatchObject({ aborts: 0, events: 2, opened: 1, closed: 1, logged: [] });
      });
    }

    test(`${name}: a subscription that is refused when it is opened`, async () => {
      const query = `subscription { refused(run: "${newRun()}") }`;
      const call = fixture.call(query, { accept, headers: { 'accept-encoding': 'identity' } });
      // Apollo Client accepts the media type with which a response without data is no success.
      expect((await call.head()).status).toBe(name === 'multipart' ? 500 : 200);
      expect((await call.rest()).join('')).toContain('"message":"It cannot be opened."');
    });

    test(`${name}: a source that throws`, async () => {
      const run = newRun();
      const stream = subscribe(`throwing(run: "${run}")`);
      await stream.until(start + event({ data: { throwing: 1 } }), protocol);
      expect(await stream.rest(protocol)).toBe(failure([internal]));
      expect(await fixture.journal(run)).toMatchObject({ opened: 1, closed: 1, logged: ['Error: A secret cause.'] });
    });

    test(`${name}: an error in an event, an event that is not JSON, and a valid event`, async () => {
      const stream = subscribe(`odd(run: "${newRun()}")`);
      const error = {
        message: 'The first one.',
        locations: [{ line: 1, column: 16 }],
        path: ['odd'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      };
      await stream.until(start + event({ errors: [error], data: { odd: null } }), protocol);
      await stream.until(event({ errors: [internal], data: null }), protocol);
      expect(await stream.rest(protocol)).toBe(event({ data: { odd: 3 } }) + end);
    });

    test(`${name}: a slow reader holds the source back`, async () => {
      const run = newRun();
      const stream = subscribe(`bulk(run: "${run}")`);
      await stream.call.next();
      await poll(run).toMatchObject({ opened: 1 });
      let before = -1;
      for (let now = 0; now > before; ) {
        before = now;
        await new Promise((resolve) => setTimeout(resolve, 300));
        now = (await fixture.journal(run)).events;
      }
      // Each event has 64 KiB. Wrangler has several connections, and their buffers grow with the load.
      expect(before).toBeLessThan(host.hidesDisconnects ? 1000 : 128);
      for (let chunk = 0; chunk < 3 * before; chunk++) await stream.call.next();
      expect((await fixture.journal(run)).events).toBeGreaterThan(before);
      stream.call.disconnect('RST');
      if (!host.hidesDisconnects) await poll(run).toMatchObject({ aborts: 1, closed: 1 });
    });

    if (!host.hidesDisconnects) {
      for (const how of ['FIN', 'RST'] as const) {
        testDisconnects(protocol, how, subscribe);
      }
    }
  }

  function testDisconnects(protocol: Protocol, how: 'FIN' | 'RST', subscribe: (query: string) => Stream) {
    const { name, start, event } = protocol;

    test(`${name}: a client that leaves before the first event, ${how}`, async () => {
      const run = newRun();
      const stream = subscribe(`silent(run: "${run}")`);
      await stream.call.next();
      await poll(run).toMatchObject({ opened: 1 });
      stream.call.disconnect(how);
      await poll(run).toMatchObject({ aborts: 1, closed: 1, logged: [] });
    });

    test(`${name}: a client that leaves between events, ${how}`, async () => {
      const run = newRun();
      const stream = subscribe(`ticks(run: "${run}", ms: 30)`);
      await stream.until(start + event({ data: { ticks: 1 } }) + event({ data: { ticks: 2 } }), protocol);
      stream.call.disconnect(how);
      await poll(run).toMatchObject({ aborts: 1, opened: 1, closed: 1, logged: [] });
    });

    test(`${name}: a client that leaves while an event is produced, ${how}`, async () => {
      const run = newRun();
      const stream = subscribe(`ticks(run: "${run}", hold: 2)`);
      await stream.until(start + event({ data: { ticks: 1 } }), protocol);
      stream.call.disconnect(how);
      await poll(run).toMatchObject({ aborts: 1, closed: 0 });
      await fixture.open(run);
      await poll(run).toMatchObject({ closed: 1, logged: [] });
    });

    // After a FIN, the host can still write to the connection, and it notices the disconnect when it does.
    const isForgotten = how === 'RST' && host.forgetsBeforeFirstPart === true;
    const testLate = isForgotten ? anyTest.fails : anyTest;
    testLate(`${name}: a client that leaves while the source is being opened, ${how}`, async () => {
      const run = newRun();
      const stream = subscribe(`late(run: "${run}")`);
      await poll(run).toMatchObject({ opening: 1 });
      stream.call.disconnect(how);
      if (!host.noticesLate?.includes(how)) await poll(run).toMatchObject({ aborts: 1, opened: 0 });
      await fixture.open(run);
      await poll(run).toMatchObject({ aborts: 1, opened: 1, closed: 1, logged: [] });
    });
  }

  test('each function of a source runs in the AsyncLocalStorage of its own request', async () => {
    const runs = [newRun(), newRun()];
    const protocol = protocols[1] ?? expect.fail();
    const clients = runs.map(async (run) => {
      const headers = { 'x-store': run };
      const stream = new Stream(fixture.call(`subscription { stores(run: "${run}") }`, { ...protocol, headers }));
      for (const stores of [1, 2]) await stream.until(protocol.event({ data: { stores } }), protocol);
      stream.call.disconnect('RST');
    });
    await Promise.all(clients);
    for (const run of runs)
      await poll(run).toMatchObject({ stores: [run], ...(!host.hidesDisconnects && { closed: 1 }) });
  });

  test('406 for a client that accepts neither protocol', async () => {
    const call = fixture.call('subscription { silent(run: "406") }', {
      accept: 'application/json',
      headers: { 'accept-encoding': 'identity' },
    });
    expect((await call.head()).status).toBe(406);
    expect((await call.rest()).join('')).toContain('multipart/mixed; subscriptionSpec=1.0\\" or as');
  });
});
