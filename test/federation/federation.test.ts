import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { Report } from '@apollo/usage-reporting-protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands, launchCommand, type Server } from '../../scripts/launch.ts';
import { freePort, post } from '../docs/process.ts';
import { findProgram } from '../docs/programs.ts';
import { bundleWorker } from '../hosts/launch.ts';
import { launchWorkerd, newestDate } from '../hosts/workerd.ts';

// The folder is inside the repository, so that the package's name resolves as it does for its users.
const folder = join(import.meta.dirname, '.programs');
const subgraph = join(folder, 'subgraph.ts');
const stocks = join(folder, 'stocks.ts');

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(subgraph, findProgram('docs/hosts/federation.md#subgraph.ts').code);
  writeFileSync(stocks, findProgram('docs/hosts/federation.md#stocks.ts').code);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const subgraphs: Readonly<Record<string, () => Promise<Server>>> = {
  async workerd() {
    const config = join(folder, 'wrangler.json');
    const settings = { name: 'subgraph', main: 'subgraph.ts', compatibility_date: newestDate };
    writeFileSync(config, JSON.stringify(settings));
    await bundleWorker(config, folder);
    return await launchWorkerd(join(folder, 'subgraph.js'));
  },
  deno: () => launchDeno(subgraph),
};

async function launchDeno(program: string, ...permissions: string[]): Promise<Server> {
  const port = await freePort();
  const [deno = ''] = commands.deno('', {});
  const args = ['serve', '--no-prompt', '--allow-env', ...permissions, '--host', '127.0.0.1', '--port', String(port)];
  return await launchCommand([deno, ...args, program], {}, { port });
}

describe.for(Object.entries(subgraphs))('a subgraph on %s', ([name, launchSubgraph]) => {
  let server: Server;
  let gateway: Server;
  const reports: Report[] = [];
  const sink = createServer(async (req, res) => {
    reports.push(Report.decode(gunzipSync(await buffer(req))));
    res.end();
  });

  beforeAll(async () => {
    server = await launchSubgraph();
    await once(sink.listen(0, '127.0.0.1'), 'listening');
    gateway = await launchGateway(name, server.url, `http://127.0.0.1:${(sink.address() as AddressInfo).port}`);
    return async () => {
      await gateway.stop();
      await server.stop();
      sink.close();
      sink.closeAllConnections();
    };
  });

  test('includes a trace if the request asks for one', async () => {
    const ask = { 'apollo-federation-include-trace': 'ftv1' };
    const response = await post(server.url, '{ me { name } }', ask);
    expect(await response.json()).toEqual({
      data: { me: { name: 'Ada' } },
      extensions: { ftv1: expect.stringMatching(/^[\w+/]{100,}=*$/) },
    });
    expect(await (await post(server.url, '{ me { name } }')).json()).toEqual({ data: { me: { name: 'Ada' } } });
  });

  test('is reached through a gateway behind the handler, and its trace is part of the gateway’s report', async () => {
    const response = await post(gateway.url, '{ me { id name } }');
    expect(await response.json()).toEqual({ data: { me: { id: '1', name: 'Ada' } } });
    await expect
      .poll(() => reports.flatMap(tracedFields), { timeout: 10_000 })
      .toEqual([['users', 'me', ['id', 'name']]]);
  });
});

const routed: Readonly<Record<string, () => Promise<Server>>> = {
  async node() {
    const port = await freePort();
    const file = join(folder, 'stocks-on-node.mts');
    const listen = `createServer(createRequestListener(stocks.fetch)).listen(${port});`;
    const imports = [
      "import { createServer } from 'node:http';",
      "import { createRequestListener } from 'apollo-server-integration-fetch/node';",
      "import stocks from './stocks.ts';",
    ];
    writeFileSync(file, [...imports, listen].join('\n'));
    return await launchCommand([process.execPath, file], {}, { port });
  },
  deno: () => launchDeno(stocks, '--allow-net'),
  async bun() {
    const port = await freePort();
    return await launchCommand(commands.bun(stocks), { BUN_PORT: String(port) }, { port });
  },
};

test.for(Object.entries(routed))('a subgraph on %s sends a router its events', async ([, launchSubgraph]) => {
  const server = await launchSubgraph();
  const seen: unknown[] = [];
  const router = createServer(async (req, res) => {
    const { action, payload } = JSON.parse(String(await buffer(req)));
    seen.push(payload?.data ?? action);
    res.writeHead(204).end();
  });
  await once(router.listen(0, '127.0.0.1'), 'listening');
  const callbackUrl = `http://127.0.0.1:${(router.address() as AddressInfo).port}/callback/1`;
  try {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json;callbackSpec=1.0' },
      body: JSON.stringify({
        query: 'subscription { price }',
        extensions: { subscription: { callbackUrl, subscriptionId: '1', verifier: 'v', heartbeatIntervalMs: 5000 } },
      }),
    });
    expect([response.status, await response.json()]).toEqual([200, { data: null }]);
    await expect.poll(() => seen).toEqual(['check', { price: 1 }, { price: 2 }, 'complete']);
    const direct = await post(server.url, 'subscription { price }', { accept: 'text/event-stream' });
    expect(await direct.text()).toContain('data: {"data":{"price":2}}\n\nevent: complete');
  } finally {
    await server.stop();
    router.close();
    router.closeAllConnections();
  }
});

/** Launches the gateway of the docs, with a plugin that reports every request. */
async function launchGateway(name: string, subgraphURL: string, endpointUrl: string): Promise<Server> {
  const { code } = findProgram('docs/hosts/federation.md#gateway.mts');
  const port = await freePort();
  const settings = {
    apollo: `{ key: 'service:docs:key', graphRef: 'docs@current' }`,
    plugins: `[ApolloServerPluginUsageReporting({ endpointUrl: '${endpointUrl}', sendReportsImmediately: true })]`,
  };
  const reporting = code
    .replace('{ gateway }', `{ gateway, apollo: ${settings.apollo}, plugins: ${settings.plugins} }`)
    .replace('http://localhost:8787', subgraphURL)
    .replace('4000', String(port));
  const file = join(folder, `gateway-to-${name}.mts`);
  const plugin = '@apollo/server/plugin/usageReporting';
  writeFileSync(file, `import { ApolloServerPluginUsageReporting } from '${plugin}';\n${reporting}`);
  return await launchCommand([process.execPath, file], {}, { port });
}

/** Lists the fields that a subgraph has resolved, as a report describes them. */
function tracedFields({ tracesPerQuery }: Report) {
  return Object.values(tracesPerQuery).flatMap(({ trace = [] }) =>
    (trace ?? []).flatMap((one) => {
      const fetched = 'queryPlan' in one ? one.queryPlan?.fetch : undefined;
      const root = fetched?.trace?.root?.child?.[0];
      return [[fetched?.serviceName, root?.responseName, root?.child?.map(({ responseName }) => responseName)]];
    }),
  );
}
