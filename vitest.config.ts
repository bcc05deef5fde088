import { defineConfig } from 'vitest/config';

const project = (name: string) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`] },
});

export default defineConfig({
  test: {
    // A server process on every runtime takes a while to come up on a small machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: ['unit', 'package', 'conformance', 'examples', 'incremental', 'clients', 'front-door', 'fuzz'].map(
      project,
    ),
  },
});
