/** Measures servers over loopback, each in a process of its own, and prints the samples as JSON. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { launchCommand, type Server } from '../scripts/launch.ts';
import { assertAnswer, headersOf, hello, list } from './app.ts';
import { load, wireRequest } from './load.ts';
import { type Comparison, effort } from './measure.ts';
import { bundleWorker, launchWorkerd } from './workerd.ts';

const bench = import.meta.dirname;
const modules = `${bench}/../node_modules`;

type Launch = () => Promise<Pick<Server, 'url' | 'pid' | 'stop'>>;

/** On the first core: this process, which loads the servers, is to be on another. */
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
const { rounds, slice } = effort();
/** Milliseconds. Longer than in process, because the kernel counts CPU time in ticks of 10 ms. */
const serverSlice = slice * 5;

const subjects: { name: string; server: Awaited<ReturnType<Launch>> }[] = [];
try {
  for (const [name, launch] of Object.entries(groups[GROUP] ?? {})) {
    if (!new RegExp(SUBJECTS).test(name)) continue;
    subjects.push({ name, server: await launch() });
  }
  const results: Comparison[] = [];
  for (const { operation, headers } of cases) {
    const name = `${operation.name}, ${headers} headers`;
    if (!name.includes(CASES)) continue;
    const request = wireRequest(headersOf(operation, headers), operation.body);
    const measured: { name: string; samples: number[]; requests: number; run(requests: number): Promise<number> }[] =
      [];
    for (const { name, server } of subjects) {
      const port = Number(new URL(server.url).port);
      assertAnswer(name, operation, unchunk(await load(port, request, 1)));
      const run = async (requests: number) => {
        const begin = cpuTime(server.pid);
        await load(port, request, requests);
        return (cpuTime(server.pid) - begin) / requests;
      };
      await run(10_000);
      const requests = Math.ceil((serverSlice * 1000) / (await run(3000)));
      measured.push({ name, samples: [], requests, run });
    }
    for (let round = 0; round < rounds; round++) {
      const first = round % measured.length;
      for (const { samples, requests, run } of [...measured.slice(first), ...measured.slice(0, first)]) {
        samples.push(await run(requests));
      }
    }
    results.push({ name, results: measured.map(({ name, samples }) => ({ name, samples })) });
  }
  console.log(JSON.stringify(results));
} finally {
  await Promise.all(subjects.map(({ server }) => server.stop()));
}

/** User and system time of a process, in microseconds. */
function cpuTime(pid: number): number {
  // The second field is the program's name, in parentheses; utime and stime are the 14th and the 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** The one chunk of a chunked answer, or the answer itself. */
function unchunk(body: string): string {
  return /^[0-9a-f]+\r\n(.*)\r\n0\r\n\r\n$/is.exec(body)?.[1] ?? body;
}
