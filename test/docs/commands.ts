import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pages } from './programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Whether a piece of code is a command that builds, deploys, or starts what a build has made. */
const isBuild = (code: string) =>
  /^(?:esbuild .*|tsc|node (?:\.output|build|dist).*)$|\S (?:build|deploy|publish)\b/.test(code);

/** The commands of the docs that build or deploy, as they are printed. */
export const commands: readonly string[] = [...new Set(pages.flatMap(codeOf).filter(isBuild))];

/** Returns the inline code of a page, and the lines of its blocks of commands. */
function codeOf(page: string): string[] {
  const text = readFileSync(`${root}${page}`, 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, lines = '']) => lines.split('\n'));
  const inline = text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g);
  return [...blocks, ...Array.from(inline, ([, code = '']) => code.replaceAll('\n', ' '))];
}

/** @throws Error if the docs have not one command that begins like this. */
export function findCommand(start: string): string {
  const [command, ...more] = commands.filter((candidate) => candidate.startsWith(start));
  if (command === undefined || more.length > 0) throw new Error(`The docs have not one command ${start}.`);
  return command;
}
