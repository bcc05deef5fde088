import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const run = promisify(execFile);

/** Downloads a version of Node.js, and returns its path. npm keeps the download in its cache. */
async function download(version: string): Promise<string> {
  const { stdout } = await run('npx', ['--yes', '--package', `node@${version}`, 'node', '-p', 'process.execPath']);
  return stdout.trim();
}

let folder: string;
let program: string;

// The program is bundled, because Node.js 20 does not run TypeScript.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-versions-'));
  program = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./node-versions-server.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts the program. It prints its port, and then a line for each event of a request. */
async function start(binary: string) {
  const child = spawn(binary, [program], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill());
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  return {
    port: Number(await next()),
    errors: () => errors,
    /** Reads this many lines, whatever their order. */
    async lines(count: number): Promise<string[]> {
      const all: string[] = [];
      while (all.length < count) all.push(await next());
      return all.sort();
    },
  };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const post = (path: string) => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody`;

const versions: [string, () => Promise<string>][] = [
  ['20.20.2', () => download('20.20.2')],
  ['22.23.3', () => download('22.23.3')],
  [process.versions.node, async () => process.execPath],
  ['26.10.0', () => download('26.10.0')],
];

describe.each(versions)('Node.js %s', (_version, getBinary) => {
  let binary: string;
  beforeAll(async () => {
    binary = await getBinary();
  }, 120_000);

  const paths = (kind: string) => Array.from({ length: 30 }, (_, n) => `/${kind}/${n + 10}`);

  describe.each(['FIN', 'RST'])('%s', (how) => {
    const leave = (socket: Socket) => (how === 'FIN' ? socket.destroy() : socket.resetAndDestroy());

    test('requests that are pipelined behind one without a response yet are told', async () => {
      const server = await start(binary);
      const socket = connect(server.port, '127.0.0.1');
      const [waiting, quiet] = [paths('wait'), paths('quiet')];
      socket.write([get('/wait/first'), ...waiting.map(get), ...quiet.map(post)].join(''));
      expect(await server.lines(61)).toEqual([...quiet, ...waiting, '/wait/first'].map((path) => `begun ${path}`));
      leave(socket);
      expect(await server.lines(62)).toEqual([
        ...[...waiting, '/wait/first'].map((path) => `aborted ${path}`),
        ...quiet.map((path) => `cancelled ${path}`),
        'closed, aborted: 0',
      ]);
      expect(server.errors()).toBe('');
    });

    test('endless streams that are pipelined behind another are cancelled', async () => {
      const server = await start(binary);
      const socket = connect(server.port, '127.0.0.1').pause();
      const streams = paths('endless');
      socket.write(streams.map(post).join(''));
      expect(await server.lines(30)).toEqual(streams.map((path) => `begun ${path}`));
      leave(socket);
      expect(await server.lines(31)).toEqual([...streams.map((path) => `cancelled ${path}`), 'closed, aborted: 0']);
      expect(server.errors()).toBe('');
    });
  });

  test('several cookies arrive after other code has set a header', async () => {
    const server = await start(binary);
    const response = await fetch(`http://127.0.0.1:${server.port}/cookies`);
    expect([response.headers.get('x-before'), response.headers.getSetCookie()]).toEqual(['1', ['a=1', 'b=2', 'c=3']]);
  });

  test('no signal aborts where the client stays for all responses, and no listener stays on the connection', async () => {
    const server = await start(binary);
    const socket = connect(server.port, '127.0.0.1');
    for (let round = 0; round < 20; round++) {
      socket.write(get('/listeners') + post('/watched') + get('/watched') + post('/watched'));
      expect(await server.lines(4)).toEqual([
        'begun /watched',
        'begun /watched',
        'begun /watched',
        'listeners added: at most one',
      ]);
    }
    socket.end();
    expect(await server.lines(1)).toEqual(['closed, aborted: 0']);
    expect(server.errors()).toBe('');
  });
});
