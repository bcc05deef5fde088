import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { commands, launch, type Server } from '../../scripts/launch.ts';
import { launchFromDirectory } from '../hosts/bundle.ts';
import { bundleWorker } from '../hosts/launch.ts';
import { launchWorkerd } from '../hosts/workerd.ts';
import { Client, fresh } from './http/client.ts';

const servers = join(import.meta.dirname, 'servers');

/** Starts workerd without the proxies of `wrangler dev`, so that an invocation ends when its client disconnects. */
async function startWorkerd(): Promise<Server> {
  return await launchFromDirectory(async (directory) => {
    const config = join(directory, 'wrangler.json');
    const settings = {
      name: 'http-cache',
      main: join(servers, 'http-memory-worker.ts'),
      compatibility_date: '2026-10-20',
    };
    const compatibilityFlags = ['nodejs_compat', 'enable_request_signal'];
    await writeFile(config, JSON.stringify({ ...settings, compatibility_flags: compatibilityFlags }));
    await bundleWorker(config, directory);
    return await launchWorkerd(join(directory, 'http-memory-worker.js'), { compatibilityFlags });
  });
}

const hosts: Record<string, () => Promise<Server>> = {
  Node: () => launch(commands.node, join(servers, 'http-node.ts')),
  Bun: () => launch(commands.bun, join(servers, 'http-bun.ts')),
  Deno: () => launch(commands.deno, join(servers, 'http-deno.ts')),
  workerd: startWorkerd,
};

describe.each(Object.keys(hosts))('on %s', (host) => {
  async function start(): Promise<Client> {
    const server = await (hosts[host] as () => Promise<Server>)();
    onTestFinished(async () => void (await server.stop()));
    return new Client(server);
  }

  /** Disconnects the clients of a query. The connections are reset, because workerd notices a FIN only at its next write. */
  async function leave(client: Client, query: string, sockets: readonly Socket[]): Promise<void> {
    for (const socket of sockets) socket.resetAndDestroy();
    const { target } = client.message(query, {});
    await vi.waitUntil(async () => (await client.departed(target)) === sockets.length, { timeout: 10_000 });
  }

  /** Starts a request that waits in its first resolver. Its client disconnects on `leave()`. */
  async function begin() {
    const client = await start();
    const [first, second] = [fresh(), fresh()];
    const query = `{ steps(name: "${first}") { next(name: "${second}") { done } } }`;
    await client.hold(true);
    const socket = await client.open(query);
    await vi.waitUntil(async () => (await client.calls(first)) === 1, { timeout: 10_000 });
    return {
      client,
      query,
      calls: async () => [await client.calls(first), await client.calls(second)],
      leave: () => leave(client, query, [socket]),
    };
  }

  const result = '{"data":{"steps":{"next":{"done":true}}}}\n';

  test('the client whose request is executed disconnects, and the others get its response', async () => {
    const { client, query, calls, leave } = await begin();
    const before = await client.arrived();
    const others = [client.get(query), client.get(query)];
    await client.arrival(before + 2);
    await leave();
    await client.hold(false);
    for (const response of await Promise.all(others)) expect([response.status, response.text]).toEqual([200, result]);
    expect(await calls()).toEqual([1, 1]);
  });

  test('the only client disconnects, and the query is cancelled as without a cache', async () => {
    const { client, query, calls, leave } = await begin();
    await leave();
    await client.hold(false);
    const response = await client.get(query);
    expect([response.status, response.text]).toEqual([200, result]);
    expect(await calls()).toEqual([2, 1]);
  });

  test.each([
    ['the only client disconnects', 1, {}],
    ['the only client disconnects, and had asked for no-cache', 1, { 'cache-control': 'no-cache' }],
    ['all clients disconnect, those who wait too', 3, {}],
  ])('%s, and the response that was cut off is given to nobody', async (_name, count, headers) => {
    const client = await start();
    const name = fresh();
    const query = `{ pages(name: "${name}") }`;
    await client.hold(true);
    const sockets: Socket[] = [];
    for (let index = 0; index < count; index++) {
      const before = await client.arrived();
      sockets.push(await client.open(query, { headers }));
      await client.arrival(before + 1);
    }
    await vi.waitUntil(async () => (await client.calls(name)) === 1, { timeout: 10_000 });
    await leave(client, query, sockets);
    await vi.waitUntil(async () => (await client.calls(`${name} ended`)) === 1, { timeout: 10_000 });
    await client.hold(false);
    for (let round = 0; round < 2; round++)
      expect((await client.get(query)).json).toEqual({ data: { pages: 'whole' } });
  });
});
