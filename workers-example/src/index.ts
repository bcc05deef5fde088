// npx wrangler dev
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { httpCache } from 'apollo-server-integration-fetch/http-cache';
import { workersKV } from 'apollo-server-integration-fetch/workers-kv';
import { context } from '../../example-app/context.ts';
import { uploads } from '../../example-app/covers.ts';
import { withPage } from '../../example-app/page.ts';
import { createServer } from '../../example-app/server.ts';
import { durableObjectHub } from './hub.ts';
import { kvStore } from './store.ts';

export { BookHub } from './hub.ts';

interface Env {
  readonly BOOKS: KVNamespace;
  readonly CACHE: KVNamespace;
  readonly HUB: DurableObjectNamespace;
  readonly COVERS: R2Bucket;
}

// A function creates the server, because a binding exists only inside a request. The function is called once.
const handler = createFetchHandler(
  ({ BOOKS, CACHE, COVERS, HUB }: Env) => createServer(kvStore(BOOKS, COVERS), durableObjectHub(HUB), workersKV(CACHE)),
  { context, multipart: uploads },
);

// The context function reads only one header besides the cookies: `x-user`.
const cached = httpCache(handler, { cache: () => caches.default, vary: ['x-user'] });

export default { fetch: withPage(cached) } satisfies ExportedHandler<Env>;
