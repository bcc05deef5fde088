import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

function section(heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`The README has no section ${heading}.`);
  return text.slice(start + 1, text.indexOf('\n## ', start + 1));
}

function commandsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, lines = '']) => lines.trim().split('\n'));
}

/** The README's instructions for a host. */
export interface Host {
  /** The files to write besides `handler.ts`. */
  readonly files: readonly (readonly [path: string, text: string])[];
  /** The command that starts the server. */
  readonly command: string;
}

function hostOf(name: string): Host {
  const hosts = section('The hosts');
  const start = hosts.indexOf(`\n**${name}**`);
  if (start < 0) throw new Error(`The README has no host ${name}.`);
  const end = hosts.indexOf('\n**', start + 1);
  const markdown = hosts.slice(start, end < 0 ? undefined : end);
  const files = [...markdown.matchAll(/^```(?:ts|toml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)].map(
    ([, path = '', content = '']) => [path, content] as const,
  );
  const [command, ...more] = commandsIn(markdown);
  if (command === undefined || more.length > 0) throw new Error(`The README has not one command for ${name}.`);
  return { files, command };
}

export const readme: {
  /** The install command of each package manager. */
  readonly install: Readonly<Record<string, string>>;
  readonly hosts: Readonly<Record<'workers' | 'deno' | 'bun' | 'next' | 'node', Host>>;
  /** The command that sends a query to port 4000. */
  readonly curl: string;
} = {
  install: Object.fromEntries(commandsIn(section('Install')).map((line) => [line.split(' ')[0], line])),
  hosts: {
    workers: hostOf('Cloudflare Workers'),
    deno: hostOf('Deno'),
    bun: hostOf('Bun'),
    next: hostOf('Next.js'),
    node: hostOf('Node.js'),
  },
  curl: commandsIn(section('The hosts')).find((line) => line.startsWith('curl ')) ?? '',
};
