import type { Gap } from '../host.ts';
import type { Project } from './project.ts';

const refusesAbsoluteForm = (reason: string): Gap => ({
  suite: 'conformance',
  reason,
  cases: ['a target in absolute form', 'a POST to a target in absolute form'],
});

/** Frameworks that bundle the program, and those that run on more than Node.js. */
export const frameworks: readonly Project[] = [
  {
    id: 'h3-2',
    name: 'h3',
    package: 'h3',
    programs: ['docs/hosts/nitro.md#h3.mts'],
    build: ['tsc'],
    start: 'node h3.mts',
  },
  {
    id: 'nitro-3',
    name: 'Nitro',
    package: 'nitro',
    programs: ['docs/hosts/nitro.md#server/routes/graphql.ts', 'docs/hosts/nitro.md#server/routes/health.ts'],
    build: ['tsc', 'nitro build'],
    start: 'node .output/server/index.mjs',
  },
  {
    id: 'nuxt-4',
    name: 'Nuxt',
    package: 'nuxt',
    programs: ['docs/hosts/nuxt.md#server/routes/graphql.ts', 'docs/hosts/nuxt.md#server/routes/health.ts'],
    build: ['nuxt typecheck', 'nuxt build'],
    start: 'node .output/server/index.mjs',
    platform: 'req',
    gaps: [refusesAbsoluteForm('h3 1 matches its routes against the whole request target')],
  },
];
