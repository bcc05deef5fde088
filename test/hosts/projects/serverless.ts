import type { Project } from './project.ts';

/** Platforms that call a function for each request. */
export const serverless: readonly Project[] = [];
