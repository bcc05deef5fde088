import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSection } from '../../scripts/readme.ts';

test('the README shows what the last `npm run bench` found', () => {
  const results = readFileSync(new URL('../../bench/RESULTS.md', import.meta.url), 'utf8');
  const [, table = ''] = /\n## Over loopback, Node\n[\s\S]*?\n(\|[\s\S]*?\|)\n\n/.exec(results) ?? [];
  expect(table).not.toBe('');
  expect(readSection('bench')).toBe(table);
});
