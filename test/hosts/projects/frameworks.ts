import type { Project } from './project.ts';

/** Frameworks that bundle the program. */
export const frameworks: readonly Project[] = [];
