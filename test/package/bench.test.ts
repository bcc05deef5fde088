import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSection } from '../../scripts/sections.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Returns the table of a section in the results of the last benchmark. */
function tableOf(section: string): string {
  const [, table = ''] =
    new RegExp(`\n## ${section}\n[\\s\\S]*?\n(\\|[\\s\\S]*?\\|)\n\n`).exec(read('bench/RESULTS.md')) ?? [];
  expect(table).not.toBe('');
  return table;
}

test('docs/performance.md shows what the last `npm run bench` found', () => {
  expect(readSection('docs/performance.md', 'bench')).toBe(tableOf('Over loopback, Node'));
});

test('the README has the figures of the last `npm run bench`', () => {
  const [, sentence = ''] =
    /\n## Performance and compatibility\n([\s\S]*?)\n<!-- compat -->/.exec(read('README.md')) ?? [];
  const shown = [...sentence.matchAll(/([\w@/-]+(?: package)?) \*\*([\d.]+)\*\*/g)].map(([, name, ratio]) => [
    name,
    ratio,
  ]);
  // The first column of each row is `{ hello }` with 6 headers.
  const measured = Object.fromEntries(
    [...tableOf('Over loopback, Node').matchAll(/^\| (.+?) \| [^|]*\*\*([\d.]+)\*\*/gm)].map(([, name, ratio]) => [
      name === 'ours through ./node' ? 'this package' : name,
      ratio,
    ]),
  );
  expect(shown.length).toBeGreaterThan(2);
  for (const [name = '', ratio] of shown) expect([name, measured[name]]).toEqual([name, ratio]);
});
