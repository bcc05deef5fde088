// npx wrangler dev
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { workersKV } from 'apollo-server-integration-fetch/workers-kv';
import { context } from '../../example-app/context.ts';
import { withPage } from '../../example-app/page.ts';
import { createServer } from '../../example-app/server.ts';
import { kvStore } from './store.ts';

interface Env {
  readonly BOOKS: KVNamespace;
  readonly CACHE: KVNamespace;
}

// A function, because a binding exists only inside a request. It is called once.
const handler = withPage(
  createFetchHandler(({ BOOKS, CACHE }: Env) => createServer(kvStore(BOOKS), workersKV(CACHE)), { context }),
);

export default { fetch: handler } satisfies ExportedHandler<Env>;
