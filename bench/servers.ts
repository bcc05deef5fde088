/** Measures servers over loopback, each in a process of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { launchCommand, type Server } from '../scripts/launch.ts';
import { assertResponse, type Operation } from './app.ts';
import { load, wireRequest } from './load.ts';
import { type Comparison, effort } from './measure.ts';
import { bundleWorker, launchWorkerd } from './workerd.ts';

const bench = import.meta.dirname;
const modules = `${bench}/../node_modules`;

export type Launch = () => Promise<Server>;

/** A request to send, and the name of its table. */
export interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly headers: Readonly<Record<string, string>>;
}

/** Environment variables of a server. */
type Variables = Readonly<Record<string, string>>;

/** Launches a server on the first core. This process, which sends the load, runs on the second. */
function launch(variables: Variables, ...command: string[]): Promise<Server> {
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return launchCommand(['taskset', '--cpu-list', '0', 'env', ...settings, ...command]);
}

/** A program in `servers`, run by Node.js. */
export const node =
  (name: string, variables: Variables = {}): Launch =>
  () =>
    launch(variables, process.execPath, `${bench}/servers/${name}.ts`);

/** A handler in `handlers`, served by Bun. */
export const bun =
  (name: string, variables: Variables = {}): Launch =>
  () =>
    launch({ HANDLER: name, ...variables }, `${modules}/bun/bin/bun.exe`, `${bench}/servers/bun.ts`);

/** A handler in `handlers`, served by Deno. */
export const deno =
  (name: string, variables: Variables = {}): Launch =>
  () =>
    launch({ HANDLER: name, ...variables }, `${modules}/deno/deno`, 'run', '-A', `${bench}/servers/deno.ts`);

/** A handler in `handlers`, bundled and served by workerd. */
export const workerd =
  (name: string, config = 'wrangler.toml', variables: Variables = {}): Launch =>
  async () =>
    launchWorkerd(await bundleWorker(name, config, variables));

/** Measures the servers that the environment variables `GROUP`, `CASES` and `SUBJECTS` choose, and prints the samples. */
export async function measureServers(
  groups: Readonly<Record<string, Readonly<Record<string, Launch>>>>,
  cases: readonly Case[],
): Promise<void> {
  const { GROUP = 'node', CASES = '', SUBJECTS = '' } = process.env;
  const { processes } = effort();
  const group = Object.entries(groups[GROUP] ?? {}).filter(([name]) => new RegExp(SUBJECTS).test(name));
  const comparisons = cases
    .map(({ name, operation, headers }) => ({
      name,
      operation,
      request: wireRequest(headers, operation.body),
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
}

async function measure(
  {
    name,
    operation,
    request,
    samples,
  }: Omit<Case, 'headers'> & { request: Uint8Array; samples: Map<string, number[]> },
  servers: ReadonlyMap<string, Server>,
  generation: number,
  warmUp: number,
): Promise<void> {
  const { processes, rounds, slice } = effort();
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
