/** Bundles the page of the example application into a module, because a Worker has no files to read it from. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('../example-app/page/', import.meta.url);

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('main.ts', folder))],
  bundle: true,
  format: 'esm',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  write: false,
});
const script = outputFiles.map(({ text }) => text).join('');
const shell = await readFile(new URL('index.html', folder), 'utf8');
// The replacement is a function, because `$` is special in a replacement string and a bundle contains many of them.
const html = shell.replace(' src="main.ts">', () => `>${script}`);
await writeFile(new URL('html.js', folder), `export const html = ${JSON.stringify(html)};\n`);
