// npx bun bun-example/server.ts
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { drain } from 'apollo-server-integration-fetch/drain';
import { broadcastHub } from '../example-app/broadcast-hub.ts';
import { context } from '../example-app/context.ts';
import { uploads } from '../example-app/covers.ts';
import { withPage } from '../example-app/page.ts';
import { createServer } from '../example-app/server.ts';
import { sqliteCache } from './cache.ts';
import { sqliteStore } from './store.ts';

const { PORT = '3000', STORE = 'bookshelf-bun.sqlite' } = Bun.env;

const server = createServer(sqliteStore(STORE), broadcastHub(), sqliteCache(STORE));

// Apollo stops the server on SIGINT and SIGTERM. Requests in flight get their responses first.
const handler = drain(createFetchHandler(server, { context, multipart: uploads }), {
  server,
  close: (): Promise<void> => listener.stop(),
});
await server.start();

const listener = Bun.serve({ port: PORT, fetch: withPage(handler) });
console.log(`Bun: ${listener.url}`);
