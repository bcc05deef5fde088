import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { notesOf, release } from '../../scripts/changelog.ts';
import { linksOf } from '../../scripts/repository.ts';

const folder = new URL('../../.github/workflows/', import.meta.url);
const workflows = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const);

test.for(workflows)('%s runs only local actions and actions that are pinned to a commit', ([, workflow]) => {
  const uses = [...workflow.matchAll(/\buses: (.+)/g)].map(([, action = '']) => action);
  expect(uses).not.toEqual([]);
  for (const action of uses) expect(action).toMatch(/^(\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
});

test.for(workflows)('%s sets the permissions of each job, and none for the whole workflow', ([, workflow]) => {
  expect(workflow).toMatch(/^permissions: \{\}$/m);
  const jobs = workflow.split(/^jobs:\n/m)[1]?.split(/^ {2}(?=[\w-]+:$)/m) ?? [];
  const named = jobs.filter((job) => /^[\w-]+:\n/.test(job));
  expect(named).not.toEqual([]);
  for (const job of named) expect(job).toMatch(/^ {4}permissions: \{ contents: /m);
});

const changelog = '# Changelog\n\n## Unreleased\n\n- new\n- newer\n\n## 0.1.0 (2026-11-01)\n\n- old\n';

test('a release gives the unreleased changes a version and a date', () => {
  const released = release(changelog, '0.2.0', '2026-11-21');
  expect(released).toBe(
    '# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-11-21)\n\n- new\n- newer\n\n## 0.1.0 (2026-11-01)\n\n- old\n',
  );
  expect(notesOf(released, '0.2.0')).toBe('- new\n- newer');
  expect(notesOf(released, '0.1.0')).toBe('- old');
});

test('there is no release without a change', () => {
  const released = release(changelog, '0.2.0', '2026-11-21');
  expect(() => release(released, '0.3.0', '2026-11-22')).toThrow('no unreleased changes');
  expect(() => notesOf(released, '0.3.0')).toThrow('no section for 0.3.0');
  expect(() => notesOf(released, '0.2')).toThrow('no section for 0.2');
});

const remotes = [
  'https://example.com/owner/name',
  'https://me:key@example.com/owner/name.git',
  'git@example.com:owner/name.git',
];

test.for([...remotes, 'ssh://git@example.com:22/owner/name.git'])('a release links to the remote %s', (remote) => {
  expect(linksOf(remote)).toEqual({
    repository: { type: 'git', url: 'git+https://example.com/owner/name.git' },
    homepage: 'https://example.com/owner/name#readme',
    bugs: 'https://example.com/owner/name/issues',
  });
});

test('`npm version` commits the links and the changes of the first version too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const root = join(import.meta.dirname, '../..');
  const person = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@example.com' };
  // In a hook of git, its variables would name this repository.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const env = {
    ...Object.fromEntries(inherited),
    ...person,
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@example.com',
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  };
  const run = (...[file, ...args]: [string, ...string[]]) =>
    execFileSync(file, args, { cwd: folder, env, encoding: 'utf8' });
  mkdirSync(join(folder, 'scripts'));
  for (const name of ['scripts/changelog.ts', 'scripts/repository.ts', 'package.json']) {
    copyFileSync(join(root, name), join(folder, name));
  }
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- new\n');
  run('git', 'init', '--quiet');
  run('git', 'remote', 'add', 'origin', 'git@example.com:owner/name.git');
  run('git', 'add', '.');
  run('git', 'commit', '--quiet', '--message', 'Begin');
  run('npm', 'version', '0.1.0', '--allow-same-version');
  const manifest = JSON.parse(run('git', 'show', 'v0.1.0:package.json'));
  expect(manifest).toMatchObject({ name: 'apollo-server-integration-fetch', ...linksOf('git@example.com:owner/name') });
  expect(run('git', 'show', 'v0.1.0:CHANGELOG.md')).toContain('\n## 0.1.0 (');
  expect(run('git', 'status', '--short')).toBe('');
});

test('a release from a folder has no links', () => {
  expect(() => linksOf('/home/me/name')).toThrow('/home/me/name');
});
