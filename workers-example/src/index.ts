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

// A function, because a binding exists only inside a request. It is called once.
const handler = createFetchHandler(
  ({ BOOKS, CACHE, COVERS, HUB }: Env) => createServer(kvStore(BOOKS, COVERS), durableObjectHub(HUB), workersKV(CACHE)),
  { context, multipart: uploads },
);

// `x-user` is the one header that the context function reads, beside the cookies.
const cached = httpCache(handler, { cache: () => caches.default, vary: ['x-user'] });

export default { fetch: withPage(cached) } satisfies ExportedHandler<Env>;
