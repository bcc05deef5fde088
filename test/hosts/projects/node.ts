import type { Project } from './project.ts';

/** Servers of Node.js and frameworks around them. */
export const node: readonly Project[] = [
  {
    id: 'express-4',
    name: 'Express',
    package: 'express',
    programs: ['docs/hosts/express.md#express.mts'],
    build: ['tsc'],
    start: 'node express.mts',
    platform: 'req',
  },
];
