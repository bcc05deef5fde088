import { expect } from 'expect';
import { format, plugins } from 'pretty-format';

declare module 'expect' {
  interface Matchers<R> {
    toMatchInlineSnapshot(snapshot: string): R;
  }
}

/** Compares snapshots, but never writes them. Jest's own matcher depends on Babel and Prettier to write them. */
function toMatchInlineSnapshot(received: unknown, snapshot: string): { pass: boolean; message: () => string } {
  const actual = format(received, {
    escapeRegex: true,
    escapeString: false,
    plugins: [plugins.AsymmetricMatcher],
    printBasicPrototype: false,
    printFunctionName: false,
  }).replaceAll('\r\n', '\n');
  const expected = dedent(snapshot);
  return { pass: actual === expected, message: () => `Expected:\n${expected}\n\nReceived:\n${actual}` };
}

/** Removes the indentation of a multi-line snapshot, and the empty first and last lines that Jest writes around it. */
function dedent(snapshot: string): string {
  const indentation = /^\n([ \t]+)/.exec(snapshot)?.[1];
  if (indentation === undefined) return snapshot;
  return snapshot
    .split('\n')
    .slice(1, -1)
    .map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line))
    .join('\n');
}

expect.extend({ toMatchInlineSnapshot });

export { expect, expect as jestExpect };
