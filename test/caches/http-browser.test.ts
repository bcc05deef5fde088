import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands, launch, type Server } from '../../scripts/launch.ts';
import { launchBrowser } from '../clients/browser.ts';
import { Client, fresh } from './http/client.ts';

type Browser = Awaited<ReturnType<typeof launchBrowser>>;

const servers = 'test/caches/servers';
const hosts: Record<string, (directory: string) => Promise<Server>> = {
  Node: () => launch(commands.node, `${servers}/http-node.ts`),
  Bun: () => launch(commands.bun, `${servers}/http-bun.ts`),
  Deno: (DENO_DIR) => launch(commands.deno, `${servers}/http-deno.ts`, { DENO_DIR }),
  workerd: (STORE) => launch(commands.wrangler, `${servers}/http-worker.toml`, { STORE }),
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe.each(Object.keys(hosts))('Chromium revalidates with %s', (host) => {
  let directory: string;
  let server: Server;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'http-cache-'));
    server = await (hosts[host] as (directory: string) => Promise<Server>)(directory);
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  test.each(['/graphql', '/validators'])('%s', async (path) => {
    const client = new Client(server);
    const query = `{ same(name: "${fresh()}") }`;
    const page = await browser.newPage();
    // This is a blank page of the same origin.
    await page.goto(`${server.url}/blank`);
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    /** The responses on the wire. A page cannot see them, because it gets 200 in place of a 304. */
    const received: (readonly [status: number, fromBrowser: boolean])[] = [];
    const statuses = new Map<string, number>();
    network.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => statuses.set(requestId, statusCode));
    network.on('Network.responseReceived', ({ requestId, response }) => {
      received.push([statuses.get(requestId) ?? response.status, response.fromDiskCache === true]);
    });
    const ask = async (cache: 'default' | 'no-cache') =>
      await page.evaluate(
        async ([url, cache]) => {
          const response = await fetch(url, { cache, headers: { 'apollo-require-preflight': 'true' } });
          return [response.status, await response.text()];
        },
        [client.message(query, { path }).target, cache] as const,
      );
    const response = [200, '{"data":{"same":"same"}}\n'];
    // The first response comes from the server, and the second from the browser's cache. The others are revalidated.
    for (const cache of ['default', 'default', 'no-cache', 'no-cache'] as const) {
      expect(await ask(cache)).toEqual(response);
    }
    await expect.poll(() => received.length).toBe(4);
    expect(received.map(([status]) => status)).toEqual([200, 200, 304, 304]);
    expect(received.map(([, fromBrowser]) => fromBrowser)).toEqual([false, true, false, false]);
    await page.close();
  });
});
