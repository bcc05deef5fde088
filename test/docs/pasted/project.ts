import { mkdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, inject } from 'vitest';
import { freePort, type RunningServer, run, serve } from '../process.ts';
import { findProgram } from '../programs.ts';
import { type Host, readme } from './readme.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The package managers and runtimes that a command of the docs may begin with. */
const commands: Readonly<Record<string, readonly string[]>> = {
  npm: ['npm'],
  pnpm: ['npx', '--yes', 'pnpm@12'],
  yarn: ['npx', '--yes', 'yarn@1.22.22'],
  bun: [`${root}node_modules/bun/bin/bun.exe`],
  deno: [`${root}node_modules/deno/deno`],
  node: [process.execPath],
  'npx wrangler': [process.execPath, `${root}node_modules/wrangler/bin/wrangler.js`],
  'npx next': [process.execPath, 'node_modules/next/dist/bin/next'],
  'npx tsc': [process.execPath, 'node_modules/typescript/bin/tsc'],
};

const env = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false', NEXT_TELEMETRY_DISABLED: '1' };

/** An empty directory outside the repository, in which a reader starts a project. */
export interface Project {
  readonly directory: string;
  /** Runs a command to its end, and fails the test if its exit code is not 0. */
  run(command: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /**
   * Does what the README says for a host: writes the handler and the files of the host, and serves them. Resolves to what
   * the README's curl command prints.
   */
  paste(host: Host, path?: string): Promise<string>;
  /** Serves a program of Node.js for as long as `use` takes, on a free port in place of 4000. */
  serve(file: string, code: string, use: (url: string) => Promise<void>): Promise<void>;
  /** Runs a command that serves, for as long as `use` takes. */
  serveCommand(command: string, use: (url: string) => Promise<void>): Promise<void>;
}

/** @param name Of the directory: each project has its own. */
export function createProject(name: string): Project {
  const directory = join(inject('projects'), name);
  mkdirSync(directory);

  async function write(path: string, text: string): Promise<void> {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  async function withServer(words: readonly string[], port: number, use: () => Promise<void>): Promise<void> {
    const server: RunningServer = await serve(words, port, {
      cwd: directory,
      env: { ...env, PORT: String(port), BUN_PORT: String(port) },
    });
    try {
      await use();
    } catch (error) {
      throw new Error((await server.stop()).output, { cause: error });
    }
    await server.stop();
  }

  return {
    directory,
    write,

    async run(command) {
      const { code, output } = await run(toWords(command), { cwd: directory, env });
      expect(code, `${command}\n${output}`).toBe(0);
      return output;
    },

    async paste({ files, command }, path = '/') {
      const port = await freePort();
      await write('handler.ts', findProgram('README.md#handler.ts').code);
      for (const [file, text] of files) await write(file, text.replaceAll('4000', String(port)));
      const url = `http://localhost:${port}${path}`;
      const curl = toWords(readme.curl.replace('http://localhost:4000/', url).replace('curl ', 'curl --silent '));
      let printed = '';
      await withServer(withPort(command, port), port, async () => {
        printed = (await run(curl, { cwd: directory })).output;
      });
      return printed;
    },

    async serve(file, code, use) {
      const port = await freePort();
      await write(file, code.replaceAll('4000', String(port)));
      await withServer([process.execPath, file], port, async () => await use(`http://127.0.0.1:${port}`));
    },

    async serveCommand(command, use) {
      const port = await freePort();
      await withServer(withPort(command, port), port, async () => await use(`http://127.0.0.1:${port}`));
    },
  };
}

/** The words of a command line, quotes removed, with its first replaced by what this repository has installed. */
function toWords(command: string): string[] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  for (const length of [2, 1]) {
    const start = commands[words.slice(0, length).join(' ')];
    if (start !== undefined) return [...start, ...words.slice(length)];
  }
  return words;
}

/** Most hosts take the port from the environment; two take it as an option. */
function withPort(command: string, port: number): string[] {
  return toWords(command.replace(/^(deno serve|npx wrangler dev)/, `$1 --port ${port}`));
}
