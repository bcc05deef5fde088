import { mkdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, inject } from 'vitest';
import { freePort, run, serve } from '../process.ts';
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

/** An empty directory outside the repository, where a reader would start a project. */
export interface Project {
  readonly directory: string;
  /** Runs a command, fails the test if its exit code is not 0, and resolves to its output. */
  run(command: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /**
   * Follows the README for a host: writes the handler and the files of the host, and serves them. Resolves to the
   * output of the README's curl command.
   */
  paste(host: Host, path?: string): Promise<string>;
  /** Serves a Node.js program while `use` runs, on a free port in place of 4000. */
  serve(file: string, code: string, use: (url: string) => Promise<void>): Promise<void>;
  /** Runs a command that starts a server, and keeps the server running while `use` runs. */
  serveCommand(command: string, use: (url: string) => Promise<void>): Promise<void>;
}

/** @param name The name of the directory, which must be different for each project. */
export function createProject(name: string): Project {
  const directory = join(inject('projects'), name);
  mkdirSync(directory);

  async function write(path: string, text: string): Promise<void> {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  async function withServer(words: readonly string[], port: number, use: () => Promise<void>): Promise<void> {
    const server = await serve(words, port, {
      cwd: directory,
      env: { ...env, PORT: String(port), BUN_PORT: String(port) },
    });
    try {
      await use();
    } catch (error) {
      await server.stop();
      throw new Error(server.output(), { cause: error });
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

/** Splits a command line into words, removes quotes, and replaces the first words as {@link commands} says. */
function toWords(command: string): string[] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  for (const length of [2, 1]) {
    const start = commands[words.slice(0, length).join(' ')];
    if (start !== undefined) return [...start, ...words.slice(length)];
  }
  return words;
}

/** Adds the port as an option for the two hosts that do not read it from the environment. */
function withPort(command: string, port: number): string[] {
  return toWords(command.replace(/^(deno serve|npx wrangler dev)/, `$1 --port ${port}`));
}
