import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const project = (name: string, globalSetup: string[] = []) => ({
  extends: true as const,
  test: { name, globalSetup, include: [`test/${name}/**/*.test.ts`] },
});

/** The suites that run on every host. */
export const hostSuites = ['conformance', 'incremental', 'subscriptions', 'clients', 'front-door', 'uploads', 'fuzz'];

/** The tests of the programs in the docs, inside the repository and pasted into empty projects. */
const docs = [
  { extends: true as const, test: { name: 'docs', include: ['test/docs/*.test.ts'] } },
  {
    extends: true as const,
    test: {
      name: 'pasted',
      include: ['test/docs/pasted/*.test.ts'],
      globalSetup: 'test/docs/pasted/pack.ts',
      // Packages are installed from the registry.
      testTimeout: 180_000,
      hookTimeout: 180_000,
    },
  },
];

export default defineConfig({
  // Apollo Server loads this file. A GraphQLError of a second copy would not be an instance of this file's GraphQLError.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // Server processes on every runtime take a while to start on a small machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      // A unit test takes milliseconds, so one that takes five seconds hangs.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 5000 } },
      ...['package', 'examples', 'apollo', 'caches', 'federation'].map((name) => project(name)),
      ...hostSuites.map((name) => project(name, ['test/hosts/setup.ts'])),
      project('nestjs'),
      {
        extends: true as const,
        test: { name: 'nestjs-12', include: ['test/nestjs/*.test.ts'] },
        resolve: {
          alias: [
            {
              find: /^@nestjs\/([\w-]+)$/,
              replacement: fileURLToPath(new URL('test/nestjs/nest-12/node_modules/@nestjs/$1', import.meta.url)),
            },
          ],
        },
      },
      project('projects', ['test/hosts/setup.ts']),
      ...docs,
    ],
  },
});
