/**
 * Turns the unreleased changes in `CHANGELOG.md` into the section of the version in package.json. `npm version` runs
 * this with no argument. With the argument `notes`, it prints that section instead, for the release on GitHub.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const unreleased = '## Unreleased\n';

/**
 * Gives the unreleased changes a version and a date.
 *
 * @throws Error if there are none.
 */
export function release(changelog: string, version: string, date: string): string {
  const [before = '', changes = ''] = changelog.split(unreleased);
  if (!/^\n- /.test(changes)) throw new Error('CHANGELOG.md has no unreleased changes.');
  return `${before}${unreleased}\n## ${version} (${date})\n${changes}`;
}

/**
 * The changes of a version.
 *
 * @throws Error if the changelog does not have that version.
 */
export function notesOf(changelog: string, version: string): string {
  const section = changelog.split(/^## /m).find((text) => text.startsWith(`${version} (`));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section for ${version}.`);
  return section.slice(section.indexOf('\n')).trim();
}

if (import.meta.main) {
  const file = new URL('../CHANGELOG.md', import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const changelog = readFileSync(file, 'utf8');
  if (process.argv[2] === 'notes') console.log(notesOf(changelog, version));
  else writeFileSync(file, release(changelog, version, new Date().toISOString().slice(0, 10)));
}
