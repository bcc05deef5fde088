/** The ways to launch the hosts of this folder. */
import { execFile } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { type Command, commands, type Environment, launch, launchCommand, type Server } from '../../scripts/launch.ts';
import type { AppName } from '../apps/index.ts';
import { bundle, type GraphQL, launchFromDirectory } from './bundle.ts';
import type { Program } from './host.ts';
import { launchWorkerd, newestDate } from './workerd.ts';

export interface LaunchOptions {
  /** Default `graphql`. */
  readonly graphql?: GraphQL;
  readonly env?: Environment;
}

export type Launch = (app: AppName, options?: LaunchOptions) => Promise<Server>;

const folder = import.meta.dirname;
const root = join(folder, '../..');
const run = promisify(execFile);

/** Returns the fields that all hosts with a program share. */
export function served(program: Program) {
  return { program, launch: launchProgram(program), closes: true, isOneProcess: true, takesGraphQL: true } as const;
}

function launchProgram({ file, command, isCompiled = false }: Program): Launch {
  return async (app, { graphql = 'graphql', env = {} } = {}) => {
    const environment = { ...env, APP: app };
    if (!isCompiled && graphql === 'graphql') return await launch(await command(), join(folder, file), environment);
    return await launchFromDirectory(async (directory) => {
      const outfile = join(directory, 'server.mjs');
      // Another graphql has to be bundled with everything that imports it. Otherwise the packages stay external.
      await bundle(join(folder, file), graphql, outfile, graphql === 'graphql' ? { packages: 'external' } : {});
      return await launch(await command(), outfile, environment);
    });
  };
}

/** Finds another version of Node, which npm caches. npm is asked once, because it takes longer than a server start. */
export function otherNode(version: string): () => Promise<Command> {
  let found: Promise<string> | undefined;
  return async () => {
    found ??= findNode(version);
    const executable = await found;
    return (file) => [executable, file];
  };
}

async function findNode(version: string): Promise<string> {
  const { stdout } = await run('npx', ['--yes', '--package', `node@${version}`, 'node', '-p', 'process.execPath']);
  return stdout.trim();
}

export interface WorkerSettings {
  readonly compatibilityDate?: string;
  readonly compatibilityFlags: readonly string[];
}

/** Launches `worker.ts` on workerd itself, bundled in the same way as by `wrangler deploy`. */
export function workerd({ compatibilityDate = newestDate, compatibilityFlags }: WorkerSettings): Launch {
  return async (app, { graphql = 'graphql' } = {}) =>
    await launchFromDirectory(async (directory) => {
      const config = await configure(directory, app, graphql, { compatibilityDate, compatibilityFlags });
      await bundleWorker(config, directory);
      return await launchWorkerd(join(directory, 'worker.js'), { compatibilityDate, compatibilityFlags });
    });
}

/** Bundles a Worker as `wrangler deploy` does. */
export async function bundleWorker(config: string, directory: string): Promise<void> {
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
  await run(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', directory, '--config', config], {
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: directory },
  });
}

/** Launches `worker.ts` on `wrangler dev`: workerd behind proxies, which compress responses and hide disconnects. */
export function wrangler(settings: WorkerSettings): Launch {
  return async (app, { graphql = 'graphql' } = {}) =>
    await launchFromDirectory(
      async (directory) => await launch(commands.wrangler, await configure(directory, app, graphql, settings)),
    );
}

async function configure(
  directory: string,
  app: AppName,
  graphql: GraphQL,
  { compatibilityDate = newestDate, compatibilityFlags }: WorkerSettings,
): Promise<string> {
  const config = join(directory, 'wrangler.json');
  const settings = {
    name: 'host',
    main: join(folder, 'worker.ts'),
    compatibility_date: compatibilityDate,
    compatibility_flags: compatibilityFlags,
    define: { APP: JSON.stringify(app) },
    ...(graphql !== 'graphql' && { alias: { graphql } }),
  };
  await writeFile(config, JSON.stringify(settings));
  return config;
}

const next = join(root, 'node_modules/next/dist/bin/next');
const nextEnv = { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' } as const;

/** Runs `next build`, unless the last build is newer than all of its sources. A build contains every application. */
export async function buildNext(): Promise<void> {
  const sources = globSync(
    ['src/**/*.ts', 'test/apps/*.ts', 'test/hosts/next/{app/**/*.ts,*.ts}', 'package-lock.json'],
    {
      cwd: root,
    },
  );
  const timeOf = (file: string) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (timeOf('test/hosts/next/.next/BUILD_ID') > Math.max(...sources.map(timeOf))) return;
  // The build loads the route once, so it needs an application. Any of them will do.
  const env = { ...process.env, ...nextEnv, APP: 'conformance' };
  await run(process.execPath, [next, 'build', join(folder, 'next')], { env });
}

/** Runs `next start`, after `next build` if necessary. */
export async function startNext(app: AppName): Promise<Server> {
  await buildNext();
  const command = [process.execPath, next, 'start', join(folder, 'next'), '--hostname', '127.0.0.1'];
  return await launchCommand(command, { ...nextEnv, APP: app });
}
