/** Measures servers over loopback, each in a process of its own, and prints the samples as JSON. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { launchCommand, type Server } from '../scripts/launch.ts';
import { assertResponse, headersOf, hello, list } from './app.ts';
import { load, wireRequest } from './load.ts';
import { type Comparison, effort } from './measure.ts';
import { bundleWorker, launchWorkerd } from './workerd.ts';

const bench = import.meta.dirname;
const modules = `${bench}/../node_modules`;

type Launch = () => Promise<Server>;

/** Launches a server on the first core. This process, which sends the load, runs on the second. */
const launch = (...command: string[]): Promise<Server> => launchCommand(['taskset', '--cpu-list', '0', ...command]);
const node = (name: string) => () => launch(process.execPath, `${bench}/servers/${name}.ts`);
const bun = (name: string) => () =>
  launch('env', `HANDLER=${name}`, `${modules}/bun/bin/bun.exe`, `${bench}/servers/bun.ts`);
const deno = (name: string) => () =>
  launch('env', `HANDLER=${name}`, `${modules}/deno/deno`, 'run', '-A', `${bench}/servers/deno.ts`);
const workerd = (name: string, config: string) => async () => launchWorkerd(await bundleWorker(name, config));

const groups: Record<string, Record<string, Launch>> = {
  node: {
    'node:http + direct Apollo (the floor)': node('floor'),
    'ours through ./node': node('ours-node'),
    'ours through srvx, its FastResponse': node('ours-srvx'),
    'ours through srvx, its FastResponse and toRequest': node('ours-srvx-to-request'),
    'ours through @hono/node-server': node('ours-hono'),
    'ours through @whatwg-node/server, its Response': node('ours-whatwg'),
    'ours through @whatwg-node/server, global Response': node('ours-whatwg-global'),
    '@as-integrations/fastify': node('fastify'),
    startStandaloneServer: node('standalone'),
    '@as-integrations/koa': node('koa'),
    '@as-integrations/express5': node('express5'),
    'graphql-yoga': node('yoga'),
  },
  bun: { 'plain handler': bun('plain'), ours: bun('ours'), 'graphql-yoga': bun('yoga') },
  deno: { 'plain handler': deno('plain'), ours: deno('ours'), 'graphql-yoga': deno('yoga') },
  workerd: {
    'plain handler': workerd('plain', 'wrangler.toml'),
    ours: workerd('ours', 'wrangler.toml'),
    'ours, with the aliases': workerd('ours', 'aliased.toml'),
    'graphql-yoga': workerd('yoga', 'wrangler.toml'),
  },
};

const cases = [
  { operation: hello, headers: 6 },
  { operation: hello, headers: 20 },
  { operation: list(50), headers: 6 },
];

const { GROUP = 'node', CASES = '', SUBJECTS = '' } = process.env;
const { processes, rounds, slice } = effort();
const group = Object.entries(groups[GROUP] ?? {}).filter(([name]) => new RegExp(SUBJECTS).test(name));
const comparisons = cases
  .map(({ operation, headers }) => ({
    name: `${operation.name}, ${headers} headers`,
    operation,
    request: wireRequest(headersOf(operation, headers), operation.body),
    samples: new Map(group.map(([name]) => [name, [] as number[]])),
  }))
  .filter(({ name }) => name.includes(CASES));

// Each server runs in several processes, one after the other, because the JIT's results differ by a few percent.
for (let generation = 0; generation < processes; generation++) {
  const servers = new Map<string, Server>();
  try {
    for (const [name, launch] of group) servers.set(name, await launch());
    // Most code is new in the first case, and V8 keeps compiling it for some 30,000 requests.
    let warmUp = 30_000;
    for (const comparison of comparisons) {
      await measure(comparison, servers, generation, warmUp);
      warmUp = 5000;
    }
  } finally {
    await Promise.all(Array.from(servers.values(), (server) => server.stop()));
  }
}
const measured: Comparison[] = comparisons.map(({ name, samples }) => ({
  name,
  results: Array.from(samples, ([name, samples]) => ({ name, samples })),
}));
console.log(JSON.stringify(measured));

async function measure(
  { name, operation, request, samples }: (typeof comparisons)[number],
  servers: ReadonlyMap<string, Server>,
  generation: number,
  warmUp: number,
): Promise<void> {
  const subjects: { subject: string; requests: number; run(requests: number): Promise<number> }[] = [];
  for (const [subject, { pid, url }] of servers) {
    const port = Number(new URL(url).port);
    assertResponse(`${subject}, ${name}`, operation, unchunk(await load(port, request, 1)));
    const run = async (requests: number) => {
      const begin = cpuTime(pid);
      await load(port, request, requests);
      return (cpuTime(pid) - begin) / requests;
    };
    await run(warmUp);
    subjects.push({ subject, requests: Math.ceil((slice * 1000) / (await run(3000))), run });
  }
  for (let round = 0; round < rounds / processes; round++) {
    const first = (generation + round) % subjects.length;
    for (const { subject, requests, run } of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      samples.get(subject)?.push(await run(requests));
    }
  }
}

/**
 * Returns the CPU time of all threads of a process, in microseconds. `stat` would give it in ticks of 10 ms, but
 * `schedstat` begins with nanoseconds.
 */
function cpuTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((id) => Number.parseInt(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8'), 10));
  return times.reduce((sum, time) => sum + time, 0) / 1000;
}

/** Returns the only chunk of a chunked response body, or the body itself if it is not chunked. */
function unchunk(body: string): string {
  return /^[0-9a-f]+\r\n(.*)\r\n0\r\n\r\n$/is.exec(body)?.[1] ?? body;
}
