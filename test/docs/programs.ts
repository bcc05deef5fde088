import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The pages that contain programs, as paths in the repository. `docs/api` has the examples of the docstrings. */
export const pages: readonly string[] = [
  'README.md',
  ...globSync('docs/**/*.md', { cwd: root, exclude: ['docs/api/**'] }).toSorted(),
];

/** A program of the docs. Its first line is a comment with the name of its file. */
export interface Program {
  readonly page: string;
  /** The name of its file, such as `app/graphql/route.ts`. */
  readonly name: string;
  /** Whether it is a reader's existing code, which does not use this package yet. */
  readonly isBefore: boolean;
  /** `page#name`, followed by `, before` if {@link isBefore} is true. */
  readonly id: string;
  readonly code: string;
}

/** Returns the code blocks of a page that are TypeScript or JavaScript. */
export function blocksOf(page: string): string[] {
  const text = readFileSync(`${root}${page}`, 'utf8');
  return [...text.matchAll(/^```(?:tsx?|[jt]sx?|js)\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

/** Returns the `wrangler.toml` that a page shows. */
export function wranglerConfigOf(page: string): string {
  const [, config] = /^```toml\n(# wrangler\.toml\n[\s\S]*?)^```$/m.exec(readFileSync(`${root}${page}`, 'utf8')) ?? [];
  if (config === undefined) throw new Error(`${page} has no wrangler.toml.`);
  return config;
}

/** Parses a code block. Returns `undefined` if its first line names no file. */
export function parseProgram(page: string, code: string): Program | undefined {
  const [, name, before] = /^\/\/ ([\w./[\]$+-]+\.[cm]?[jt]sx?)(, before)?\n/.exec(code) ?? [];
  if (name === undefined) return undefined;
  return { page, name, isBefore: before !== undefined, id: `${page}#${name}${before ?? ''}`, code };
}

export const programs: readonly Program[] = pages.flatMap((page) =>
  blocksOf(page).flatMap((code) => parseProgram(page, code) ?? []),
);

/** @throws Error if the docs have no program with this id. */
export function findProgram(id: string): Program {
  const program = programs.find((candidate) => candidate.id === id);
  if (program === undefined) throw new Error(`The docs have no program ${id}.`);
  return program;
}
