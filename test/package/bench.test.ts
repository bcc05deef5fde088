import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deployedBars } from '../../bench/bars.ts';
import { readSection } from '../../scripts/sections.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Returns the table of a section in the results of the last benchmark. */
function tableOf(section: string): string {
  const [, table = ''] =
    new RegExp(`\n## ${section}\n[\\s\\S]*?\n(\\|[\\s\\S]*?\\|)\n\n`).exec(read('bench/RESULTS.md')) ?? [];
  expect(table).not.toBe('');
  return table;
}

test.each([
  ['bench', 'Over loopback, Node'],
  ['deployed', 'As deployed, Node'],
])('docs/performance.md shows what the last `npm run bench` found: %s', (mark, section) => {
  expect(readSection('docs/performance.md', mark)).toBe(tableOf(section));
});

test('the README and the chart have the figures of the last `npm run bench`', () => {
  const [, sentence = ''] =
    /\n## Performance and compatibility\n([\s\S]*?)\n<!-- compat -->/.exec(read('README.md')) ?? [];
  const shown = [...sentence.matchAll(/([\w@/-]+(?: package)?) \*\*([\d.]+)\*\*/g)].map(([, name, ratio]) => [
    name,
    ratio,
  ]);
  // The first column of each row is `{ hello }` with an origin.
  const rows = [...tableOf('As deployed, Node').matchAll(/^\| (.+?) \| [^|]*\*\*([\d.]+)\*\*/gm)];
  const measured = deployedBars.map(({ row, label }) => [label, rows.find(([, name]) => name === row)?.[2]]);
  expect(shown.length).toBeGreaterThan(2);
  for (const figure of shown) expect(measured).toContainEqual(figure);
  const chart = read('docs/deployed.svg');
  for (const [, ratio] of measured) expect(chart).toContain(`>${ratio}</text>`);
});
