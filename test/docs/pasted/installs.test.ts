import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { createProject, type Project } from './project.ts';
import { readme } from './readme.ts';

const name = 'apollo-server-integration-fetch';

/** Returns the README's install command for a package manager, with the tarball in place of the package name. */
function installCommand(manager: string): string {
  const command = readme.install[manager];
  if (command === undefined) throw new Error(`The README has no command for ${manager}.`);
  expect(command).toContain(name);
  return command.replace(name, inject('tarball'));
}

async function installedGraphQL({ directory }: Project): Promise<string> {
  return JSON.parse(await readFile(join(directory, 'node_modules/graphql/package.json'), 'utf8')).version;
}

test('the README installs with these', () => {
  expect(Object.keys(readme.install)).toEqual(['npm', 'pnpm', 'yarn', 'bun', 'deno']);
});

test.for(['npm', 'pnpm', 'yarn'])('%s installs what Node.js needs', async (manager) => {
  const project = createProject(manager);
  await project.run('npm init --yes');
  await project.run(installCommand(manager));
  expect(await installedGraphQL(project)).toMatch(/^16\./);
  expect(await project.paste(readme.hosts.node)).toBe('{"data":{"hello":"world"}}\n');
});

test('bun installs what Bun needs, and its default types fit', async () => {
  const project = createProject('bun');
  await project.run('bun init --yes');
  await project.run(installCommand('bun'));
  expect(await installedGraphQL(project)).toMatch(/^16\./);
  expect(await project.paste(readme.hosts.bun)).toBe('{"data":{"hello":"world"}}\n');
  await project.run('npx tsc');
});

test('deno installs what Deno needs, and its default types fit', async () => {
  const project = createProject('deno');
  // Deno cannot install a tarball. A linked package is resolved in the same way as one from the registry.
  await project.run(`tar -xf ${inject('tarball')}`);
  const { version } = JSON.parse(await readFile(join(project.directory, 'package/package.json'), 'utf8'));
  const imports = { [name]: `npm:${name}@${version}` };
  await project.write('deno.json', JSON.stringify({ links: ['./package'], nodeModulesDir: 'auto', imports }));
  const command = readme.install.deno ?? '';
  expect(command).toContain(` npm:${name} `);
  await project.run(command.replace(` npm:${name} `, ' '));
  expect(await installedGraphQL(project)).toMatch(/^16\./);
  expect(await project.paste(readme.hosts.deno)).toBe('{"data":{"hello":"world"}}\n');
  await project.run('deno check handler.ts');
});
