/**
 * Measures the cost of a hit, a miss and a write for each store, compared with Apollo's in-memory cache, and prints a
 * table. Every store is on this machine, so the time that a network adds is not measured. Redis is measured only if
 * `REDIS_URL` names a server. This process times the calls, because workerd's clock stands still while a Worker works.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type Command, commands, launch, type Server } from '../scripts/launch.ts';
import { RemoteCache } from '../test/caches/client.ts';
import { median, table } from './table.ts';

const rounds = 9;
/** The minimum time that all calls of one sample take together, in milliseconds. */
const sampleTime = 200;

interface Subject {
  readonly command: Command;
  readonly program: string;
  /** The environment variable that sets where the store is kept. */
  readonly store: 'STORE' | 'DENO_DIR';
}

const servers = 'test/caches/servers';
const subjects: Record<string, Subject> = {
  'InMemoryLRUCache, Node': { command: commands.node, program: `${servers}/memory.ts`, store: 'STORE' },
  'Keyv over SQLite, Node': { command: commands.node, program: `${servers}/sqlite.ts`, store: 'STORE' },
  // Use a server on loopback that was started for this measurement.
  ...(process.env.REDIS_URL && {
    'Keyv over Redis, Node': { command: commands.node, program: `${servers}/redis.ts`, store: 'STORE' },
  }),
  'denoKV, Deno': { command: commands.deno, program: `${servers}/kv-deno.ts`, store: 'STORE' },
  'webCache, Deno': { command: commands.deno, program: `${servers}/web-cache-deno.ts`, store: 'DENO_DIR' },
  'workersKV, workerd': { command: commands.wrangler, program: `${servers}/kv-worker.toml`, store: 'STORE' },
  'webCache, workerd': { command: commands.wrangler, program: `${servers}/web-cache-worker.toml`, store: 'STORE' },
};

const rows = [];
for (const [name, { command, program, store }] of Object.entries(subjects)) {
  const directory = await mkdtemp(join(tmpdir(), 'caches-'));
  const server = await launch(command, program, { [store]: join(directory, 'store') });
  try {
    rows.push([name, ...(await measure(server))]);
  } finally {
    await server.stop();
    await rm(directory, { recursive: true });
  }
}
console.log(table(['µs per call', 'hit', 'miss', 'write'], rows));

async function measure(server: Server): Promise<string[]> {
  const cache = new RemoteCache(server);
  const key = `apq:${'0'.repeat(64)}`;
  await cache.set(key, `query Q { ${'field '.repeat(50)} }`);
  const actions = [
    (count: number) => cache.getOften(key, count),
    (count: number) => cache.getOften('apq:missing', count),
    (count: number) => cache.setOften(key, count),
  ];
  const results = [];
  for (const action of actions) {
    let calls = 100;
    while ((await timeOf(() => action(calls))) < sampleTime) calls *= 2;
    const samples = [];
    for (let round = 0; round < rounds; round++) {
      const none = await timeOf(() => action(0));
      samples.push(((await timeOf(() => action(calls))) - none) / calls);
    }
    results.push(digits(median(samples) * 1000));
  }
  return results;
}

function digits(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString('en') : value.toPrecision(2);
}

async function timeOf(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}
