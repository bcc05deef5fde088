import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { exports, dependencies, peerDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

function filesOf(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

function importsOf(file: string): string[] {
  const source = readFileSync(`${root}${file}`, 'utf8');
  return [...source.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|\bimport\(['"]([^'"]+)/gm)].map(
    ([, from, dynamic]) => from ?? dynamic ?? '',
  );
}

/** Returns the code of a file without its comments and blank lines. */
function codeOf(file: string): string {
  return readFileSync(`${root}${file}`, 'utf8')
    .replace(/^\s*\/\*\*?[\s\S]*?\*\//gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^\s*\n/gm, '');
}

/** Returns the files of `src` that a file imports, itself or through others. */
function loadedBy(file: string, loaded = new Set<string>()): string[] {
  for (const specifier of importsOf(file)) {
    const path = join(dirname(file), specifier);
    if (!specifier.startsWith('.') || loaded.has(path)) continue;
    loaded.add(path);
    loadedBy(path, loaded);
  }
  return [...loaded];
}

const core = filesOf('src/core').map((name) => `src/core/${name}`);
const shared = filesOf('src/shared').map((name) => `src/shared/${name}`);
const entries = filesOf('src').map((name) => `src/${name}`);
/** The files of the entries that consist of more than one file. */
const parts = readdirSync(`${root}src`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['core', 'shared'].includes(entry.name))
  .flatMap(({ name: folder }) => filesOf(`src/${folder}`).map((name) => `src/${folder}/${name}`));

test('each file directly in src is a public entry of its name, and there are no others', () => {
  const expected = entries.map((file) => {
    const name = file.replace('src/', '').replace('.ts', '');
    return [
      name === 'index' ? '.' : `./${name}`,
      {
        require: { types: `./dist/cjs/${name}.d.ts`, default: `./dist/cjs/${name}.js` },
        types: `./dist/${name}.d.ts`,
        default: `./dist/${name}.js`,
      },
    ] as const;
  });
  expect(exports).toEqual({ ...Object.fromEntries(expected), './package.json': './package.json' });
});

test.for(core)('%s imports the core, the peers and what Apollo itself ships, and no more', (file) => {
  for (const specifier of importsOf(file)) {
    expect(specifier).toMatch(/^(\.\/[\w-]+\.ts|@apollo\/server(\/errors)?|graphql|whatwg-mimetype)$/);
  }
});

test('the core is exactly what index.ts loads', () => {
  expect(loadedBy('src/index.ts').sort()).toEqual([...core].sort());
});

test.for([...core, ...shared, ...entries, ...parts])('%s is in no circle of imports', (file) => {
  expect(loadedBy(file)).not.toContain(file);
});

test.for(shared)('%s is imported by two entries, or by another file of shared', (file) => {
  const importers = [...shared, ...entries, ...parts].filter((importer) =>
    importsOf(importer).some((specifier) => join(dirname(importer), specifier) === file),
  );
  /** `src/node/url.ts` belongs to the entry `src/node.ts`. */
  const owners = new Set(importers.map((importer) => importer.replace(/^src\/([\w-]+).*$/, '$1')));
  expect(owners.has('shared') || owners.size >= 2, `imported by ${importers}`).toBe(true);
});

test.for(shared)('%s imports its neighbours, the core and the peers', (file) => {
  for (const specifier of importsOf(file)) {
    expect(specifier).toMatch(/^((\.|\.\.\/core)\/[\w-]+\.ts|@apollo\/server(\/errors)?|graphql)$/);
  }
});

/** The driver for NestJS is made of other entries. Everybody who uses it has the peers of NestJS. */
const driver = /^src\/nestjs(\/|\.ts$)/;

test.for([...entries, ...parts].filter((file) => driver.test(file)))(
  '%s imports files of src, and the peers',
  (file) => {
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) expect(Object.keys(peerDependencies)).toContain(specifier.replace('/errors', ''));
    }
  },
);

test.for(entries.filter((file) => !driver.test(file)))(
  '%s imports the core, shared, a folder of its own and the peers, and no sibling',
  (file) => {
    const own = file.replace('src/', '').replace('.ts', '');
    const peers = own === 'tracing' ? '@apollo/server|@opentelemetry/api' : '@apollo/server(/errors)?|graphql';
    for (const specifier of importsOf(file)) {
      expect(specifier).toMatch(new RegExp(`^(\\./(core|shared|${own})/[\\w-]+\\.ts|${peers})$`));
    }
  },
);

test.for(parts)('%s is in the folder of an entry', (file) => {
  expect(entries).toContain(file.replace(/\/[\w-]+\.ts$/, '.ts'));
});

test.for(parts.filter((file) => !driver.test(file)))(
  '%s imports its neighbours, shared, the core and the peers',
  (file) => {
    for (const specifier of importsOf(file)) {
      expect(specifier).toMatch(/^((\.|\.\.\/core|\.\.\/shared)\/[\w-]+\.ts|@apollo\/server(\/errors)?|graphql)$/);
    }
  },
);

/** The one file that may ask Workers to wait. It declares `process`, and uses it only where it exists. */
const askWorkers = 'src/core/platform.ts';
const declaration = /^declare const process: \{[^}]*\};$/m;
const use = "process.getBuiltinModule?.('cloudflare:workers')";

test.for([...core, ...shared, ...entries, ...parts])('%s names nothing that only one platform has', (file) => {
  let code = codeOf(file);
  if (file === askWorkers) {
    expect(code).toContain(use);
    code = code.replace(declaration, '').replace(use, '');
  }
  expect(code).not.toMatch(/\b(node:|cloudflare:|Buffer\b|process\.|Deno\b|Bun\b|KVNamespace\b|__dirname\b|require\()/);
});

test('the one dependency is of the version that Apollo Server brings, so that it is installed and bundled once', () => {
  const apollo = JSON.parse(readFileSync(`${root}node_modules/@apollo/server/package.json`, 'utf8'));
  expect(dependencies).toEqual({ 'whatwg-mimetype': apollo.dependencies['whatwg-mimetype'] });
});

test('each peer dependency is imported by an entry', () => {
  const imported = [...core, ...shared, ...entries, ...parts].flatMap(importsOf);
  expect(imported).toEqual(expect.arrayContaining(Object.keys(peerDependencies)));
});

test('the package holds two modules and their types for each source file, and no sources', async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
  });
  const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(stdout);
  const modules = [...core, ...shared, ...entries, ...parts].flatMap((file) => {
    const name = file.replace('src/', '').replace('.ts', '');
    return ['dist', 'dist/cjs'].flatMap((folder) => [`${folder}/${name}.js`, `${folder}/${name}.d.ts`]);
  });
  const texts = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json', 'dist/cjs/package.json'];
  expect(files.map(({ path }) => path).sort()).toEqual([...modules, ...texts].sort());
});

/** What the core may take, minified and gzipped, in bytes: each part of it, and each seam for an entry. */
const budget = {
  'the request path, the seams of uploads and subscriptions included': 3_250,
  'options that are checked with their names, loggers that throw': 115,
  'waitUntil where a framework passes only the request, a server that is none': 115,
  'AsyncLocalStorage in streams, empty chunks, parts that nothing holds back': 135,
  'headers that cannot be sent, framing, several cookies of a plugin, OPTIONS, the landing page': 225,
  'the buffer that ./node shares': 30,
  'the seam of ./trusted-documents': 20,
  'the seam of ./observe and ./tracing': 60,
  'the signal of a subscription that is shared': 40,
  'the seam of ./deadline, and one place for a response with an error': 70,
  'the seam of ./statuses': 30,
  'queryMethod: QUERY, without mutations': 225,
};

test('the core is small', async () => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    packages: 'external',
    write: false,
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).byteLength;
  console.log(`core: ${bytes} bytes minified and gzipped`);
  // An empty bundle takes 20 bytes.
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThanOrEqual(Object.values(budget).reduce((sum, part) => sum + part));
});

test('the core touches no global before it is called', async () => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    bundle: true,
    format: 'cjs',
    packages: 'external',
    write: false,
  });
  // This context has JavaScript but nothing of any platform: no Response, no TextDecoder, no setTimeout.
  const module = { exports: {} };
  runInNewContext(outputFiles[0]?.text ?? '', { module, require: () => ({}) });
  expect(module.exports).toHaveProperty('createFetchHandler');
});
