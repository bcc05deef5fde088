import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { build } from 'esbuild';
import { type Browser, chromium as playwright } from 'playwright-core';

/** A real Chromium, without a window. */
export async function launchBrowser(): Promise<Browser> {
  return await playwright.launch({
    executablePath: await chromium.executablePath(),
    // As a single process it would end with the first page that is closed.
    args: [...chromium.args.filter((arg) => arg !== '--single-process'), '--no-sandbox'],
  });
}

/** The page as one HTML document. */
export async function bundlePage(): Promise<string> {
  const folder = new URL('page/', import.meta.url);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.ts', folder))],
    bundle: true,
    format: 'esm',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  const script = outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
  return (await readFile(new URL('index.html', folder), 'utf8')).replace('/* main.ts */', () => script);
}
