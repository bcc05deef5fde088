import { createServer } from 'node:http';
import { createRequestListener } from '../../../src/node.ts';
import type { KeyValueCache } from '../../../src/workers-kv.ts';
import { createApp } from '../app.ts';

/** Serves the application with a cache whose store cannot be inspected. */
export function listen(cache: KeyValueCache): void {
  const app = createApp(cache, async () => false);
  const server = createServer(createRequestListener(app)).listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
  });
}
