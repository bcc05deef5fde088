import { afterAll, beforeAll, expect } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import type { Reports } from '../apps/observe.ts';
import { describeHosts, patient, printedBy } from '../hosts/describe-hosts.ts';
import { Call } from '../incremental/wire.ts';

describeHosts({ suite: 'observe' }, (host, test) => {
  let server: Server;
  beforeAll(async () => {
    server = await host.launch('observe');
  });
  afterAll(async () => void (await server.stop()));

  const accept =
    'multipart/mixed; deferSpec=20220824, multipart/mixed; subscriptionSpec=1.0, application/json, text/event-stream';
  const send = (id: string, body: string, headers: Record<string, string> = {}) =>
    new Call(server.url, { headers: { accept, 'x-request-id': id, ...headers }, body });
  const ask = (id: string, query: string) => send(id, JSON.stringify({ query }));

  async function reportsOf(id: string): Promise<Reports[string]> {
    const reports: Reports = await (await fetch(new URL('/reports', server.url))).json();
    return reports[id] ?? [];
  }
  /** Reads a stream until it has sent a text. */
  async function readUntil(call: Call, end: string): Promise<string> {
    for (let text = ''; ; ) {
      text += (await call.next()) ?? expect.fail(`The stream has ended: ${text}`);
      if (text.includes(end)) return text;
    }
  }
  const partsIn = (text: string) => text.split('content-type').length - 1;
  const poll = (id: string) => expect.poll(() => reportsOf(id), patient);

  test('a complete response, a refused body, a stream that ends, and one that breaks', async () => {
    await ask('hello', 'query Hello {hello}').rest();
    await poll('hello').toMatchObject([
      { operationName: 'Hello', operationType: 'query', status: 200, errors: 0, outcome: 'complete' },
    ]);
    await send('large', ' '.repeat(10_001)).rest();
    await poll('large').toMatchObject([{ status: 413, errors: 1, codes: ['BAD_REQUEST'], outcome: 'complete' }]);
    const stream = (await ask('stream', '{items(count:3,then:"throw") @stream}').rest()).join('');
    await poll('stream').toMatchObject([{ status: 200, errors: 1, outcome: 'complete', parts: partsIn(stream) }]);
    expect((await reportsOf('hello'))[0]).not.toHaveProperty('parts');
  });

  if (!host.hidesDisconnects) {
    test('a client that leaves a stream, and one that leaves a subscription', async () => {
      const stream = ask('left', '{items(count:2,then:"wait") @stream}');
      const text = await readUntil(stream, '2]');
      stream.disconnect('RST');
      await poll('left').toMatchObject([{ status: 200, errors: 0, outcome: 'disconnected', parts: partsIn(text) }]);

      const events = ask('events', 'subscription Ticks {ticks}');
      await readUntil(events, 'odd');
      events.disconnect('RST');
      await poll('events').toMatchObject([
        { operationName: 'Ticks', operationType: 'subscription', errors: 1, outcome: 'disconnected', parts: 2 },
      ]);
    });
  }

  // Without `enable_request_signal`, nothing tells a Worker of a client that leaves before its response.
  if (!host.hidesDisconnects && !host.forgetsBeforeFirstPart) {
    test('a client that leaves before its response has one report at once, and none later', async () => {
      const call = ask('early', '{slow(ms:1000)}');
      await call.connected();
      await ask('other', '{slow(ms:100)}').rest();
      call.disconnect('RST');
      await poll('early').toMatchObject([{ operationType: 'query', errors: 0, outcome: 'disconnected' }]);
      const [{ durationMillis = 0 } = {}] = await reportsOf('early');
      expect(durationMillis).toBeLessThan(900);
      await ask('later', '{slow(ms:1200)}').rest();
      expect(await reportsOf('early')).toHaveLength(1);
    });
  }

  test('a client that leaves after its response changes nothing', async () => {
    const call = ask('after', '{hello}');
    await call.rest();
    call.disconnect('RST');
    await ask('last', '{slow(ms:100)}').rest();
    expect(await reportsOf('after')).toMatchObject([{ outcome: 'complete' }]);
    if (!host.logsRequests) expect(printedBy(server, host)).toBe('');
  });
});
