import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
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

test('a release from a folder has no links', () => {
  expect(() => linksOf('/home/me/name')).toThrow('/home/me/name');
});
