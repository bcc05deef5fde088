import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import type { Server } from '../../scripts/launch.ts';

/** The packages of this repository that can take the place of `graphql`. */
export const graphqls = ['graphql', 'graphql-17-alpha', 'graphql-17'] as const;
export type GraphQL = (typeof graphqls)[number];

/** Bundles a program with everything that it imports, so that it has one copy of graphql, in the wanted version. */
export async function bundle(entry: string, graphql: GraphQL, outfile: string, options: BuildOptions): Promise<void> {
  await build({
    entryPoints: [entry],
    absWorkingDir: join(import.meta.dirname, '../..'),
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    // The empty list keeps esbuild from adding the condition `module`. That condition would load two copies of a
    // package, one for `import` and one for `require`.
    conditions: [],
    logLevel: 'error',
    // CommonJS dependencies need `require`.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire('/');` },
    ...options,
    // esbuild would take an alias of a package to itself for a path.
    alias: { ...options.alias, ...(graphql !== 'graphql' && { graphql }) },
  });
}

/**
 * Launches a server from a new directory, which is removed when the server is stopped. The directory is inside the
 * repository, so that a program in it finds the packages that it imports.
 */
export async function launchFromDirectory(launch: (directory: string) => Promise<Server>): Promise<Server> {
  const directory = await mkdtemp(join(import.meta.dirname, '.built-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const server = await launch(directory);
    return {
      ...server,
      async stop() {
        const code = await server.stop();
        await remove();
        return code;
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
