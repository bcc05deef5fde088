/** Serves `servers/after-response.ts`, bundled by wrangler, on workerd itself. `SINK` is a variable of the Worker. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serveWorker } from '../../scripts/serve-worker.ts';

const config = fileURLToPath(new URL('servers/wrangler.toml', import.meta.url));
const wrangler = fileURLToPath(new URL('../../node_modules/wrangler/bin/wrangler.js', import.meta.url));
const { SINK = '' } = process.env;

await serveWorker(async (directory) => {
  await promisify(execFile)(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--outdir', directory, '--config', config],
    { env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: directory } },
  );
  return {
    bundle: 'after-response.js',
    compatibilityDate: '2026-10-23',
    compatibilityFlags: ['enable_request_signal'],
    bindings: { SINK },
  };
});
