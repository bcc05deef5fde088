import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { run } from '../process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the tarball, as it would be published. */
    readonly tarball: string;
    /** A directory outside the repository, for projects. It is removed at the end. */
    readonly projects: string;
  }
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Packs the output of `npm run build`. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const projects = await mkdtemp(join(tmpdir(), 'pasted-'));
  const { code, output } = await run(['npm', 'pack', '--silent', '--pack-destination', projects], { cwd: root });
  if (code !== 0) throw new Error(output);
  const name = output.split('\n').find((line) => line.endsWith('.tgz')) ?? '';
  provide('tarball', join(projects, name));
  provide('projects', projects);
  return async () => await rm(projects, { recursive: true, force: true });
}
