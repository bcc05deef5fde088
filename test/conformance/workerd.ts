/**
 * Serves the Worker that wrangler builds from `servers/wrangler.toml` on workerd itself.
 *
 * `COMPATIBILITY_DATE` overrides the configuration's date.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serveWorker } from '../../scripts/serve-worker.ts';

const config = fileURLToPath(new URL('servers/wrangler.toml', import.meta.url));
const wrangler = fileURLToPath(new URL('../../node_modules/wrangler/bin/wrangler.js', import.meta.url));

await serveWorker(async (directory) => {
  await promisify(execFile)(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--outdir', directory, '--config', config],
    { env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: directory } },
  );
  const toml = await readFile(config, 'utf8');
  const setting = (name: string) => JSON.parse(new RegExp(`^${name} = (.+)$`, 'm').exec(toml)?.[1] ?? '');
  return {
    bundle: 'workerd.js',
    compatibilityDate: process.env.COMPATIBILITY_DATE ?? setting('compatibility_date'),
    compatibilityFlags: setting('compatibility_flags'),
  };
});
