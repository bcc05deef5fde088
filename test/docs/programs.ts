import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The pages with programs, by their path in the repository. */
export const pages: readonly string[] = ['README.md', ...globSync('docs/**/*.md', { cwd: root }).toSorted()];

/** A program of the docs. Its first line is a comment with the name of its file. */
export interface Program {
  readonly page: string;
  /** The name of its file, such as `app/graphql/route.ts`. */
  readonly name: string;
  /** Whether the docs show it as the code that a reader has today, without this package. */
  readonly isBefore: boolean;
  /** `page#name`, with `, before` at its end if it is such a program. */
  readonly id: string;
  readonly code: string;
}

/** Every block of a page that is TypeScript or JavaScript. */
export function blocksOf(page: string): string[] {
  const text = readFileSync(`${root}${page}`, 'utf8');
  return [...text.matchAll(/^```(?:tsx?|[jt]sx?|js)\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

/** The configuration of wrangler that a page shows. */
export function wranglerConfigOf(page: string): string {
  const [, config] = /^```toml\n(# wrangler\.toml\n[\s\S]*?)^```$/m.exec(readFileSync(`${root}${page}`, 'utf8')) ?? [];
  if (config === undefined) throw new Error(`${page} has no wrangler.toml.`);
  return config;
}

/** The program of a block, or `undefined` if its first line names no file. */
export function parseProgram(page: string, code: string): Program | undefined {
  const [, name, before] = /^\/\/ ([\w./[\]$+-]+\.[cm]?[jt]sx?)(, before)?\n/.exec(code) ?? [];
  if (name === undefined) return undefined;
  return { page, name, isBefore: before !== undefined, id: `${page}#${name}${before ?? ''}`, code };
}

export const programs: readonly Program[] = pages.flatMap((page) =>
  blocksOf(page).flatMap((code) => parseProgram(page, code) ?? []),
);

/** @throws Error if there is no such program. */
export function findProgram(id: string): Program {
  const program = programs.find((candidate) => candidate.id === id);
  if (program === undefined) throw new Error(`The docs have no program ${id}.`);
  return program;
}
