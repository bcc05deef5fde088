import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import type { Server } from '../../scripts/launch.ts';

/** The packages of this repository that can take the place of `graphql`. */
export const graphqls = ['graphql', 'graphql-17-alpha', 'graphql-17'] as const;
export type GraphQL = (typeof graphqls)[number];

/** Bundles a program with all that it imports, so that there is one copy of graphql, and of the version wanted. */
export async function bundle(entry: string, graphql: GraphQL, outfile: string, options: BuildOptions): Promise<void> {
  await build({
    entryPoints: [entry],
    absWorkingDir: join(import.meta.dirname, '../..'),
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    // Not the condition `module`, which esbuild would add: it gives a package to `import` and to `require` as two copies.
    conditions: [],
    logLevel: 'error',
    // For the CommonJS among the dependencies.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire('/');` },
    ...options,
    // An alias to itself would be taken for a path.
    alias: { ...options.alias, ...(graphql !== 'graphql' && { graphql }) },
  });
}

/**
 * Launches a server from a new directory, which is removed when the server is stopped. The directory is inside the
 * repository, so that what a program in it imports is found.
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
