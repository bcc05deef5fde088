// npx bun bun-example/server.ts
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { context } from '../example-app/context.ts';
import { withPage } from '../example-app/page.ts';
import { createServer } from '../example-app/server.ts';
import { sqliteStore } from './store.ts';

const { PORT = '3000', STORE = 'bookshelf-bun.sqlite' } = Bun.env;

const server = createServer(sqliteStore(STORE));

const { url } = Bun.serve({
  port: PORT,
  fetch: withPage(createFetchHandler(server, { context })),
});
console.log(`Bun: ${url}`);
