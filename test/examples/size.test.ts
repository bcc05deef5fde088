import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const entries = [
  'node-example/server.ts',
  'bun-example/server.ts',
  'deno-example/main.ts',
  'workers-example/src/index.ts',
  'next-example/app/graphql/route.ts',
];
/** The other files that a platform adds. */
const others = [
  'next-example/app/shelf/route.ts',
  'example-app/sqlite-store.ts',
  'bun-example/store.ts',
  'deno-example/store.ts',
  'workers-example/src/store.ts',
];

async function read(path: string): Promise<string> {
  return await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** Returns the lines that are neither blank nor a comment. */
function linesOfCode(source: string): string[] {
  return source.split('\n').filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line));
}

describe.each([...entries, ...others])('%s', (path) => {
  it('is at most 30 lines of code', async () => {
    const lines = linesOfCode(await read(path));
    expect(lines).not.toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(30);
  });
});

describe.each(entries)('%s', (path) => {
  it('serves the shared application, and imports the package by its published name', async () => {
    const source = await read(path);
    expect(source).toMatch(/ from '(\.\.\/)+example-app\/server\.ts';/);
    expect(source).toContain(" from 'apollo-server-integration-fetch';");
  });
});
