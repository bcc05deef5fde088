/**
 * Hosts that run programs, each in its own project. A folder here holds the output of the host's own scaffold, and the
 * programs of hosts that have only a line in the docs. `scaffolds.ts` has the projects of hosts without a scaffold. The
 * programs of the docs are added as they are written there, except for their port.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { type Environment, launchCommand, type Server } from '../../../scripts/launch.ts';
import { freePort, run } from '../../docs/process.ts';
import { findProgram } from '../../docs/programs.ts';
import type { Host } from '../host.ts';
import { otherNode } from '../launch.ts';
import { filesOf } from './scaffolds.ts';

/** A host that runs in its own project. */
export interface Project extends Partial<Host> {
  readonly id: string;
  /** The folder or scaffold that it is made from. Hosts with equal folder, programs and build share a project. Default `id`. */
  readonly folder?: string;
  /** Its name in the results, where the version of its package follows. */
  readonly name: string;
  /** The package of the host, as its `package.json` lists it. Undefined if the runtime itself is the host. */
  readonly package?: string;
  /** The difference from other hosts of the same package. */
  readonly variant?: string;
  /** The ids of its programs in the docs, such as `docs/hosts/nestjs.md#src/main.ts`. Default none: its folder has them. */
  readonly programs?: readonly string[];
  /** The commands that check its types and build it, such as `next build`. */
  readonly build: readonly string[];
  /** The command that starts it. Its port is the environment variable `PORT`, or `$PORT` in the command. */
  readonly start: string;
  /** The version of Node.js that runs it, if it is not the current one. */
  readonly node?: string;
  /** The environment variables that the programs need. */
  readonly env?: Readonly<Record<string, string>>;
  /** The path of the handler. Default `/graphql`. */
  readonly route?: string;
  /** The path of its health check, if the programs have one. */
  readonly health?: string;
  /** SIGTERM stops it without dropping a request. */
  readonly drains?: true;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = import.meta.dirname;
const packageName = 'apollo-server-integration-fetch';

/** The projects are outside the repository, so that a project finds only the packages that it has installed. */
const projects = join(tmpdir(), `projects-of-${sha256(root).slice(0, 8)}`);

export interface ProjectHost extends Host {
  readonly programs: readonly string[];
  /** The commands that build and start it. */
  readonly commands: readonly string[];
  readonly route: string;
  readonly health?: string;
  readonly drains?: true;
  /** Launches the program as it is written, with the server that it creates. */
  launchProgram(): Promise<Server>;
}

/** Creates the host of a project. The project is installed and built once, and again when an input changes. */
export function projectHost({
  name,
  folder: scaffold,
  package: packageOfHost,
  variant,
  programs = [],
  build,
  start,
  node,
  env = {},
  ...host
}: Project): ProjectHost {
  const from = join(folder, scaffold ?? host.id);
  const suites = host.suites ?? ['conformance'];
  const inputs: Inputs = { from, programs, build, servesApps: suites.length > 0 };
  const directory = join(projects, `${basename(from)}-${sha256(JSON.stringify(inputs)).slice(0, 8)}`);
  async function launchWith(environment: Environment): Promise<Server> {
    const port = await freePort();
    const executable = node === undefined ? process.execPath : (await otherNode(node)())('', {})[0];
    const all = {
      ...environmentOf(directory, executable),
      NODE_ENV: 'production',
      ...env,
      PORT: String(port),
      ...environment,
    };
    return await launchCommand(start.replaceAll('$PORT', String(port)).split(' '), all, { cwd: directory, port });
  }
  return {
    everyday: false,
    route: '/graphql',
    suites,
    programs,
    commands: [...build, start],
    prepare: () => prepare(directory, inputs),
    launch: (app) => launchWith({ APP: app }),
    launchProgram: () => launchWith({}),
    ...host,
    name: [[name, packageOfHost && versionOf(from, packageOfHost)].filter(Boolean).join(' '), variant]
      .filter(Boolean)
      .join(', '),
  };
}

function versionOf(from: string, name: string): string {
  const manifest = filesOf(basename(from))?.['package.json'] ?? readFileSync(join(from, 'package.json'), 'utf8');
  const { dependencies, devDependencies } = JSON.parse(manifest);
  return { ...devDependencies, ...dependencies }[name];
}

/** What a project is made of, besides the package itself. */
interface Inputs {
  readonly from: string;
  readonly programs: readonly string[];
  readonly build: readonly string[];
  /** A suite runs its own applications on it. Otherwise it has the package as it is published. */
  readonly servesApps: boolean;
}

async function prepare(directory: string, inputs: Inputs): Promise<void> {
  const { from, programs, build, servesApps } = inputs;
  const stamp = join(directory, '.made-of');
  const madeOf = digest(inputs);
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === madeOf) return;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const files = filesOf(basename(from)) ?? {};
  if (existsSync(from)) await cp(from, directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  for (const program of programs) {
    const { name, code } = findProgram(program);
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, code.replaceAll(/\b4000\b/g, 'Number(process.env.PORT)'));
  }
  await runIn(directory, 'npm install --no-audit --no-fund');
  await installPackage(directory);
  if (servesApps) await replaceHandler(directory);
  for (const command of build) await runIn(directory, command);
  await writeFile(stamp, madeOf);
}

/** Returns a hash of everything that a project is made of. */
function digest({ from, programs, build }: Inputs): string {
  const patterns = [
    `${relative(root, from)}/**/*`,
    'test/hosts/projects/{app,project}.ts',
    'test/apps/*.ts',
    'dist/**/*.js',
  ];
  const files = globSync(patterns, {
    cwd: root,
    exclude: ['**/node_modules'],
    withFileTypes: true,
  }).filter((entry) => entry.isFile());
  const hash = createHash('sha256').update(build.join('\n'));
  hash.update(JSON.stringify(filesOf(basename(from)) ?? {}));
  for (const entry of files) hash.update(entry.name).update(readFileSync(join(entry.parentPath, entry.name)));
  for (const program of programs) hash.update(findProgram(program).code);
  return hash.digest('hex');
}

/** Installs the package as it is published. */
async function installPackage(directory: string): Promise<void> {
  const packed = await runIn(root, `npm pack --silent --ignore-scripts --pack-destination ${directory}`);
  const tarball = packed.split('\n').find((line) => line.endsWith('.tgz')) ?? '';
  await runIn(directory, `npm install --no-audit --no-fund ./${tarball}`);
}

/** Puts the `createFetchHandler` of `app.ts` in place of that of the package. */
async function replaceHandler(directory: string): Promise<void> {
  const dist = join(directory, 'node_modules', packageName, 'dist');
  for (const [format, into] of [
    ['esm', dist],
    ['cjs', join(dist, 'cjs')],
  ] as const) {
    await rename(join(into, 'core/handler.js'), join(into, 'core/own.js'));
    await bundleApp(format, join(into, 'app.js'));
    await writeFile(join(into, 'core/handler.js'), handler[format]);
  }
}

/** The module that every entry gets `createFetchHandler` from. */
const handler = {
  esm: `export { createFetchHandler } from '../app.js';\n`,
  cjs: `exports.createFetchHandler = require('../app.js').createFetchHandler;\n`,
};

/** Bundles `app.ts` with the applications. The project itself provides this package and Apollo's packages. */
async function bundleApp(format: 'esm' | 'cjs', outfile: string): Promise<void> {
  await bundle({
    entryPoints: [join(folder, 'app.ts')],
    outfile,
    bundle: true,
    format,
    platform: 'node',
    target: 'node20',
    conditions: [],
    logLevel: 'error',
    external: ['@apollo/server', '@apollo/server/*', 'graphql', 'graphql/*'],
    plugins: [
      {
        name: 'own entries',
        setup({ onResolve }) {
          onResolve({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
            const [, entry = ''] = /\/src\/(.*)\.ts$/.exec(path) ?? [];
            return { path: `./${entry === 'index' ? 'core/own' : entry}.js`, external: true };
          });
        },
      },
    ],
  });
}

/** Returns an environment whose `PATH` has Node.js first, then the tools that the project has installed. */
function environmentOf(directory: string, executable = process.execPath): Environment {
  return { PATH: [dirname(executable), join(directory, 'node_modules/.bin'), process.env.PATH].join(delimiter) };
}

async function runIn(cwd: string, command: string): Promise<string> {
  const { code, output } = await run(command.split(' '), { cwd, env: environmentOf(cwd) });
  if (code !== 0) throw new Error(`${command} in ${cwd} ended with ${code}:\n${output}`);
  return output;
}
