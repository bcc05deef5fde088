import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { processesMarked } from './processes.ts';

const isLinux = process.platform === 'linux';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a command as a terminal does, in its own process group. Ctrl-C signals the whole group. */
function run([command = '', ...args]: string[], env: Record<string, string> = {}) {
  const mark = randomUUID();
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    // Vitest sets NODE_ENV. A terminal does not.
    env: Object.assign({ ...process.env }, { NODE_ENV: '', BOOKSHELF_MARK: mark }, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const { pid = Number.NaN } = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The group has already ended, as expected.
    }
  });
  return {
    closed,
    output: () => output,
    interruptAll: () => process.kill(-pid, 'SIGINT'),
    interrupt: (signal: NodeJS.Signals = 'SIGINT') => child.kill(signal),
    processes: () => processesMarked(`BOOKSHELF_MARK=${mark}`),
    urls: () => new Map([...output.matchAll(/^(\w+) +(http:\S+)$/gm)].map(([, name, url]) => [name, url ?? ''])),
    /** Resolves when every query has its responses and the command waits for Ctrl-C. */
    async up(): Promise<void> {
      const ended = closed.then((code) => {
        throw new Error(`ended with ${code}:\n${output}`);
      });
      ended.catch(() => {});
      while (!output.includes('Ctrl-C stops.')) {
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
    },
  };
}

const isListening = (url: string) =>
  fetch(url, { headers: { accept: 'text/html' } }).then(
    ({ ok }) => ok,
    () => false,
  );

it('serves every runtime, compares them, and leaves nothing behind after Ctrl-C on npm', async () => {
  // The `prestart` script would rebuild dist/ while other tests use it.
  const start = run(['npm', 'start', '--ignore-scripts']);
  await start.up();

  const urls = start.urls();
  expect([...urls.keys()]).toEqual(['node', 'wrangler', 'deno', 'bun']);
  expect(await Promise.all([...urls.values()].map(isListening))).toEqual([true, true, true, true]);

  const output = start.output();
  expect(output).toMatch(/\nCtrl-C stops\.\n$/);
  expect(output).toContain(`Apollo Sandbox: ${urls.get('node')}\n`);
  const [, shelf = ''] = /reviews come later: (\S+)$/m.exec(output) ?? [];
  expect(await (await fetch(shelf)).text()).toContain('<title>Bookshelf</title>');
  const [, documentation = ''] = /^Documentation: (.+)$/m.exec(output) ?? [];
  for (const path of documentation.split(', ')) expect(existsSync(`${root}${path}`)).toBe(true);

  // A response that differs gets its own line, with dashes for the other servers. All four agree if there is no dash.
  expect(output).not.toContain('–');
  expect(output).toMatch(/"A Wizard\s+(\d+ ms\s+){4}/);
  const [before, after] = [/Earthsea"\}\},(\s+\d+ ms){4}/, /"incremental".*?((\s+\d+ ms){4})/].map((pattern) =>
    [...(pattern.exec(output)?.[0] ?? '').matchAll(/(\d+) ms/g)].map(([, ms]) => Number(ms)),
  );
  expect(before).toHaveLength(4);
  expect(after).toHaveLength(4);
  before?.forEach((ms, index) => {
    expect((after?.[index] ?? 0) - ms).toBeGreaterThan(200);
  });

  expect(output).toMatch(/"bookAdded":\{"title":"Zami",.*?(\s+\d+ ms){4}/s);

  if (isLinux) {
    expect((await start.processes()).map(({ command }) => command)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('node-example/server.ts'),
        expect.stringContaining('bun-example/server.ts'),
        expect.stringContaining('deno-example/main.ts'),
        expect.stringContaining('workerd serve'),
      ]),
    );
  }
  start.interruptAll();
  await start.closed;
  expect(await Promise.all([...urls.values()].map(isListening))).toEqual([false, false, false, false]);
  if (isLinux) await expect.poll(start.processes, { timeout: 10_000 }).toEqual([]);
});

// A terminal, a container or a supervisor may signal npm alone. npm runs the script with the shell that it is given.
it.for([
  ['SIGINT', 'sh'],
  ['SIGTERM', 'sh'],
  ['SIGINT', 'bash'],
  ['SIGTERM', 'bash'],
] as const)('stops its servers when npm alone is sent %s, and its shell is %s', async ([signal, shell]) => {
  const start = run(['npm', 'start', '--ignore-scripts', `--script-shell=${shell}`]);
  await start.up();
  const urls = [...start.urls().values()];
  expect(urls).toHaveLength(4);
  start.interrupt(signal);
  expect(await start.closed).toBe(0);
  expect(await Promise.all(urls.map(isListening))).toEqual([false, false, false, false]);
  if (isLinux) expect(await start.processes()).toEqual([]);
});

it('stops its servers and ends with 0 when it alone is interrupted', async () => {
  const start = run([process.execPath, 'scripts/start.ts']);
  await start.up();
  const urls = [...start.urls().values()];
  expect(urls).toHaveLength(4);
  start.interrupt();
  expect(await start.closed).toBe(0);
  expect(await Promise.all(urls.map(isListening))).toEqual([false, false, false, false]);
  if (isLinux) await expect.poll(start.processes, { timeout: 10_000 }).toEqual([]);
});

it('starts only the runtimes that it is asked for', async () => {
  const start = run([process.execPath, 'scripts/start.ts', 'node']);
  await start.up();
  expect([...start.urls().keys()]).toEqual(['node']);
  start.interrupt();
  expect(await start.closed).toBe(0);
});

it('moves to the next free port, and says so', async () => {
  const taken = createServer().listen(4000);
  // It does not matter if another process has the port already.
  await once(taken, 'listening').catch(() => {});
  onTestFinished(() => void taken.close());
  const start = run([process.execPath, 'scripts/start.ts', 'node']);
  await start.up();
  expect(start.output()).toMatch(/^Port 4000 is taken: node listens on 40\d\d\.$/m);
  expect(start.urls().get('node')).toMatch(/:40\d\d\/$/);
  expect(start.urls().get('node')).not.toMatch(/:4000\//);
  start.interrupt();
  expect(await start.closed).toBe(0);
});

it('lists the runtimes when asked for an unknown one', async () => {
  const start = run([process.execPath, 'scripts/start.ts', 'node', 'rhino']);
  expect(await start.closed).toBe(1);
  expect(start.output()).toBe('Unknown runtime: rhino. Choose from node, wrangler, deno, bun.\n');
});

it('ends with 1 and says why when a server does not start', async () => {
  const start = run([process.execPath, 'scripts/start.ts', 'node'], { STORE: '/no/such/directory/store' });
  expect(await start.closed).toBe(1);
  expect(start.output()).toMatch(/^node did not start\.$/m);
  expect(start.output()).toContain('unable to open database file');
});

// Other systems have no portable way to find the server processes.
describe.runIf(isLinux)('on Linux', () => {
  it('leaves nothing behind when it is interrupted while the servers start', async () => {
    const start = run([process.execPath, 'scripts/start.ts']);
    await expect.poll(async () => (await start.processes()).length, { timeout: 10_000 }).toBeGreaterThan(4);
    expect(start.urls().size).toBe(0);
    start.interrupt();
    expect(await start.closed).toBe(0);
    expect(await start.processes()).toEqual([]);
  });

  it('ends with 1, says why and stops the others when one server ends', async () => {
    const start = run([process.execPath, 'scripts/start.ts', 'node', 'bun']);
    await start.up();
    const url = start.urls().get('node') ?? '';
    const bun = (await start.processes()).find(({ command }) => command.includes('bun-example'));
    process.kill(bun?.pid ?? Number.NaN, 'SIGKILL');
    expect(await start.closed).toBe(1);
    expect(start.output()).toContain('bun ended with null.');
    expect(await isListening(url)).toBe(false);
  });
});
