import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { broadcastHub } from '../../example-app/broadcast-hub.ts';
import { sourceOf } from '../../example-app/hub.ts';
import { hear } from '../../scripts/ask.ts';
import { commands, type Server } from '../../scripts/launch.ts';
import { launchFromDirectory } from '../hosts/bundle.ts';
import { patient } from '../hosts/describe-hosts.ts';
import { bundleWorker } from '../hosts/launch.ts';
import { launchWorkerd, newestDate } from '../hosts/workerd.ts';

const book = { id: 'zami', title: 'Zami', author: 'Audre Lorde', addedBy: 'Ada' };

describe('a source', () => {
  test('yields what was pushed before the first read, in order', async () => {
    const source = sourceOf<number>(({ push }) => {
      push(1);
      push(2);
      return () => {};
    });
    expect([(await source.next()).value, (await source.next()).value]).toEqual([1, 2]);
  });

  test('ends while it waits, and stops listening', async () => {
    let stopped = 0;
    const source = sourceOf(() => () => {
      stopped++;
    });
    const next = source.next();
    await source.return?.();
    expect([await next, stopped]).toEqual([{ done: true, value: undefined }, 1]);
  });

  test('fails when its hub fails', async () => {
    const source = sourceOf(({ fail }) => {
      fail(new Error('gone'));
      return () => {};
    });
    await expect(source.next()).rejects.toThrow('gone');
  });
});

describe('BroadcastChannel', () => {
  test('reaches every source of the process', async () => {
    const hub = broadcastHub();
    const sources = await Promise.all([hub.subscribe(), hub.subscribe()]);
    const iterators = sources.map((source) => source[Symbol.asyncIterator]());
    await hub.publish(book);
    for (const iterator of iterators) {
      expect((await iterator.next()).value).toEqual(book);
      await iterator.return?.();
    }
  });

  test.each(['node', 'deno', 'bun'] as const)('reaches another thread on %s', async (runtime) => {
    const program = join(import.meta.dirname, 'hub-threads.ts');
    const [command = '', ...args] = commands[runtime](program, { STORE: join(import.meta.dirname, '../..') });
    const { stdout } = await promisify(execFile)(command, args, { timeout: 20_000 });
    expect(stdout).toBe('From another thread\n');
  });

  test.each(['node', 'deno', 'bun'] as const)('does not reach another process on %s', async (runtime) => {
    const program = join(import.meta.dirname, 'hub-processes.ts');
    expect(await hearBetweenProcesses(commands[runtime](program, {}))).toBe('From this process\n');
  });
});

test('the watch of a local Deno KV does not reach another process', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'watch-'));
  try {
    const program = join(import.meta.dirname, 'watch-deno.ts');
    const env = { STORE: join(directory, 'kv') };
    const [deno = ''] = commands.deno(program, env);
    const command = [deno, 'run', '--unstable-kv', '--allow-env=STORE', '--allow-read', '--allow-write', program];
    // The stored value does reach the other process.
    expect(await hearBetweenProcesses(command, env)).toBe('From another process, From this process\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** Returns what a process prints after another process has published, and after it was told so. */
async function hearBetweenProcesses(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { env: { ...process.env, ...env }, timeout: 20_000 };
  const listener = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(listener, 'close');
  let output = '';
  for await (const text of listener.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += text;
    if (output === 'listening\n') break;
  }
  await promisify(execFile)(command, [...args, 'publish'], options);
  listener.stdout.on('data', (text: string) => {
    output += text;
  });
  listener.stdin.end('published\n');
  await ended;
  return output.replace('listening\n', '');
}

describe('a Durable Object', () => {
  let worker: Server;
  beforeAll(async () => {
    worker = await launchFromDirectory(async (directory) => {
      const config = join(directory, 'wrangler.json');
      const main = join(import.meta.dirname, 'hub-worker.ts');
      await writeFile(
        config,
        JSON.stringify({
          name: 'hub',
          main,
          compatibility_date: newestDate,
          compatibility_flags: ['nodejs_compat', 'enable_request_signal'],
          durable_objects: { bindings: [{ name: 'HUB', class_name: 'BookHub' }] },
          migrations: [{ tag: 'v1', new_sqlite_classes: ['BookHub'] }],
        }),
      );
      await bundleWorker(config, directory);
      const compatibilityFlags = ['nodejs_compat', 'enable_request_signal'];
      return await launchWorkerd(join(directory, 'hub-worker.js'), {
        compatibilityFlags,
        fields: [
          'durableObjectNamespaces = [(className = "BookHub", uniqueKey = "hub")]',
          'durableObjectStorage = (inMemory = void)',
          'bindings = [(name = "HUB", durableObjectNamespace = "BookHub"), (name = "OTHER", service = "other")]',
        ],
        services: [
          `(name = "other", worker = (
            modules = [(name = "main", esModule = embed "hub-worker.js")],
            compatibilityDate = "${newestDate}",
            compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
            bindings = [(name = "HUB", durableObjectNamespace = (className = "BookHub", serviceName = "main"))]
          ))`,
        ],
      });
    });
  });
  afterAll(async () => {
    await worker.stop();
  });

  const subscription = 'subscription { bookAdded { title } }';
  const mutation = 'mutation { addBook(title: "Zami", author: "Audre Lorde") { id } }';

  test.each([
    ['/', '/'],
    ['/', '/other'],
    ['/other', '/'],
  ])('a subscription of the isolate %s receives what the isolate %s publishes', async (listening, publishing) => {
    const [event] = await hear(worker.url + listening, subscription, mutation, worker.url + publishing);
    expect(JSON.parse(event?.text ?? '')).toEqual({ payload: { data: { bookAdded: { title: 'Zami' } } } });
  });

  test('forgets listeners that have disconnected', async () => {
    const listeners = async () => Number(await (await fetch(`${worker.url}/listeners`)).text());
    const clients = Array.from({ length: 20 }, () => new AbortController());
    for (const { signal } of clients) {
      const response = await fetch(worker.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: subscription }),
        signal,
      });
      await response.body?.getReader().read();
    }
    await expect.poll(listeners, patient).toBeGreaterThanOrEqual(20);
    for (const client of clients) client.abort();
    await expect.poll(listeners, patient).toBe(0);
  });
});
