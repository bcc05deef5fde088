import { defineConfig } from 'vitest/config';

const project = (name: string) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`] },
});

export default defineConfig({
  // The file that Apollo Server loads: with a second copy, no GraphQLError would be an instance of the other's.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // A server process on every runtime takes a while to come up on a small machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      'unit',
      'package',
      'conformance',
      'examples',
      'incremental',
      'clients',
      'front-door',
      'fuzz',
      'apollo',
    ].map(project),
  },
});
