import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSection } from '../../scripts/sections.ts';
import { formatChoices } from '../compat/choices.ts';
import { installedVersions, type Results } from '../compat/results.ts';
import { formatResults, formatSummary } from '../compat/table.ts';

const results: Results = JSON.parse(readFileSync(new URL('../compat/results.json', import.meta.url), 'utf8'));

test('docs/compatibility.md and the README show what the last `npm run compat` found', () => {
  expect(readSection('docs/compatibility.md', 'compat')).toBe(formatResults(results));
  expect(readSection('docs/compatibility.md', 'choices')).toBe(formatChoices());
  expect(readSection('README.md', 'compat')).toBe(formatSummary(results));
});

test('the last `npm run compat` was of the versions that are installed', () => {
  expect(results.versions).toEqual(installedVersions());
});

test('Apollo’s suite passes equally on a server that its owner starts and on one that the handler starts', () => {
  const started = results.apollo.filter(({ start }) => start === 'started');
  const background = results.apollo.filter(({ start }) => start === 'background');
  expect(background).not.toEqual([]);
  for (const { host, graphql, passed } of background) {
    expect(started).toContainEqual(expect.objectContaining({ host, graphql, passed }));
  }
});
