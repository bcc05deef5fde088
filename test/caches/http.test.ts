import { commands, launch } from '../../scripts/launch.ts';
import { describeHTTPCache } from './http/suite.ts';

const servers = 'test/caches/servers';

describeHTTPCache('lru-cache on Node', () => launch(commands.node, `${servers}/http-node.ts`));
describeHTTPCache('lru-cache on Bun', () => launch(commands.bun, `${servers}/http-bun.ts`));
describeHTTPCache('caches.open() on Deno', (DENO_DIR) =>
  launch(commands.deno, `${servers}/http-deno.ts`, { DENO_DIR }),
);
describeHTTPCache('caches.default on workerd', (STORE) =>
  launch(commands.wrangler, `${servers}/http-worker.toml`, { STORE }),
);
// With this compatibility date, a request cannot await a promise that another request resolves.
describeHTTPCache('caches.default on workerd, 2024-09-23', (STORE) =>
  launch(commands.wrangler, `${servers}/http-worker-2024.toml`, { STORE }),
);
