import { join } from 'node:path';
import { commands, launch } from '../../scripts/launch.ts';
import { describeCache } from './suite.ts';

describeCache('workersKV on workerd', {
  start: (STORE) => launch(commands.wrangler, 'test/caches/servers/kv-worker.toml', { STORE }),
  maxBytes: 25 * 1024 * 1024,
});

describeCache('webCache on workerd', {
  start: (STORE) => launch(commands.wrangler, 'test/caches/servers/web-cache-worker.toml', { STORE }),
});

describeCache('denoKV on Deno', {
  start: (directory) => launch(commands.deno, 'test/caches/servers/kv-deno.ts', { STORE: join(directory, 'kv') }),
  maxBytes: 65_536,
});

describeCache('webCache on Deno', {
  start: (DENO_DIR) => launch(commands.deno, 'test/caches/servers/web-cache-deno.ts', { DENO_DIR }),
  neverForgets: true,
});
