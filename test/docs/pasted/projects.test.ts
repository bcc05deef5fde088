import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { findProgram } from '../programs.ts';
import { createProject, type Project } from './project.ts';
import { readme } from './readme.ts';

const hello = '{"data":{"hello":"world"}}\n';

async function install(project: Project): Promise<void> {
  await project.run((readme.install.npm ?? '').replace('apollo-server-integration-fetch', inject('tarball')));
}

async function writeProgram(project: Project, id: string): Promise<void> {
  const { name, code } = findProgram(id);
  await project.write(name, code);
}

test('a project of Node.js compiles with the defaults of tsc --init', async () => {
  const project = createProject('tsc');
  await project.run('npm init --yes');
  await install(project);
  await project.run('npm install --save-dev typescript @types/node');
  await project.run('npx tsc --init --types node');
  await writeProgram(project, 'README.md#server.mts');
  await project.run('npx tsc');

  // As a package of ES modules, with the programs that name no host.
  await project.run('npm pkg set type=module');
  await writeProgram(project, 'README.md#handler.ts');
  await writeProgram(project, 'README.md#context.ts');
  await project.run('npx tsc');
});

test('a Worker compiles with the settings of Cloudflare’s template, is bundled, and runs', async () => {
  const project = createProject('workers');
  await project.run('npm init --yes');
  await install(project);
  await project.run('npm install --save-dev typescript');
  await copyFile(new URL('cloudflare.tsconfig.json', import.meta.url), join(project.directory, 'tsconfig.json'));
  await writeProgram(project, 'README.md#context.ts');
  expect(await project.paste(readme.hosts.workers)).toBe(hello);
  await project.run('npx wrangler types');
  await project.run('npx tsc');
  expect(await project.run('npx wrangler deploy --dry-run')).toContain('--dry-run: exiting now.');
});

test('a project of Next.js builds with the defaults of create-next-app, and runs', async () => {
  const project = createProject('next');
  await project.run('npx --yes create-next-app@16.4.3 . --yes --api --disable-git');
  await install(project);
  expect(await project.paste(readme.hosts.next, '/graphql')).toBe(hello);
  await project.run('npm run build');
  expect(await project.paste({ ...readme.hosts.next, command: 'npx next start' }, '/graphql')).toBe(hello);
});
