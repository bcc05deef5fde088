import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchFromDirectory } from '../hosts/bundle.ts';
import { describeHosts, patient } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { bundleWorker } from '../hosts/launch.ts';
import { launchWorkerd, newestDate } from '../hosts/workerd.ts';
import { type Fixture, type Protocol, protocols, Stream, startFixture } from './fixture.ts';

const [multipart = expect.fail(), eventStream = expect.fail()] = protocols;

const query = (run: string) => `subscription { ticks(run: "${run}", hold: 2) }`;

/** Subscribes two clients, one for each protocol, to one source. Returns them when both have received an event. */
async function share(fixture: Fixture, run: string): Promise<{ first: Stream; second: Stream }> {
  const subscribe = (protocol: Protocol) => {
    const headers = { 'x-share': run };
    return new Stream(fixture.call(query(run), { accept: protocol.accept, headers }));
  };
  const first = subscribe(multipart);
  await first.until(multipart.start + multipart.event({ data: { ticks: 1 } }), multipart);
  const second = subscribe(eventStream);
  await second.until(eventStream.start, eventStream);
  await fixture.open(run);
  await first.until(multipart.event({ data: { ticks: 2 } }), multipart);
  await second.until(eventStream.event({ data: { ticks: 2 } }), eventStream);
  expect(await fixture.journal(run)).toMatchObject({ opened: 1 });
  return { first, second };
}

/** The first client leaves, the second gets many more events, and the source is closed when it leaves too. */
async function expectToGoOn(fixture: Fixture, run: string): Promise<void> {
  const { first, second } = await share(fixture, run);
  first.call.disconnect('RST');
  for (let ticks = 3; ticks < 100; ticks++) {
    await second.until(eventStream.event({ data: { ticks } }), eventStream);
  }
  expect(await fixture.journal(run)).toMatchObject({ aborts: 0, closed: 0 });
  second.call.disconnect('RST');
  await expect.poll(() => fixture.journal(run), patient).toMatchObject({ opened: 1, aborts: 1, closed: 1, logged: [] });
}

/** With the compatibility date of the host `workerd`, one request cannot even wait for another. */
const needs = ({ id, hidesDisconnects }: Host) => !hidesDisconnects && id !== 'workerd';

describeHosts({ suite: 'subscriptions-shared', needs }, (host, test) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host);
  });
  afterAll(async () => {
    await fixture.stop();
  });

  const isWorker = host.id.startsWith('work');

  if (!isWorker) {
    test('two clients share one source, which goes on when the first one leaves', async () => {
      await expectToGoOn(fixture, 'shared');
    });
  } else {
    test('two clients share one source, and the second is told to subscribe again when the first one has left', async () => {
      const { first, second } = await share(fixture, 'shared');
      first.call.disconnect('RST');
      expect(await second.rest(eventStream)).not.toContain('complete');
      const third = new Stream(
        fixture.call(query('shared'), { accept: multipart.accept, headers: { 'x-share': 'shared' } }),
      );
      await third.until(multipart.start + multipart.event({ data: { ticks: 1 } }), multipart);
      third.call.disconnect('RST');
    });
  }
});

describe('in one Durable Object', () => {
  test('two clients share one source, which goes on when the first one leaves', async () => {
    const fixture = await startFixture({
      launch: () =>
        launchFromDirectory(async (directory) => {
          const config = join(directory, 'wrangler.json');
          const compatibilityFlags = ['nodejs_compat', 'enable_request_signal'];
          await writeFile(
            config,
            JSON.stringify({
              name: 'shared',
              main: join(import.meta.dirname, 'shared-worker.ts'),
              compatibility_date: newestDate,
              compatibility_flags: compatibilityFlags,
              durable_objects: { bindings: [{ name: 'APP', class_name: 'App' }] },
              migrations: [{ tag: 'v1', new_sqlite_classes: ['App'] }],
            }),
          );
          await bundleWorker(config, directory);
          return await launchWorkerd(join(directory, 'shared-worker.js'), {
            compatibilityFlags,
            fields: [
              'durableObjectNamespaces = [(className = "App", uniqueKey = "app")]',
              'durableObjectStorage = (inMemory = void)',
              'bindings = [(name = "APP", durableObjectNamespace = "App")]',
            ],
          });
        }),
    });
    try {
      await expectToGoOn(fixture, 'object');
    } finally {
      await fixture.stop();
    }
  });
});
