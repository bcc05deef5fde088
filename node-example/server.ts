// npx node node-example/server.ts
import { createServer as createHttpServer } from 'node:http';
import process from 'node:process';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { createRequestListener } from 'apollo-server-integration-fetch/node';
import { broadcastHub } from '../example-app/broadcast-hub.ts';
import { context } from '../example-app/context.ts';
import { uploads } from '../example-app/covers.ts';
import { withPage } from '../example-app/page.ts';
import { createServer } from '../example-app/server.ts';
import { sqliteStore } from '../example-app/sqlite-store.ts';
import { sqliteCache } from './cache.ts';

const { PORT = '4000', STORE = 'bookshelf-node.sqlite' } = process.env;

const httpServer = createHttpServer();
const server = createServer(sqliteStore(STORE), broadcastHub(), sqliteCache(STORE));
// Apollo stops the server on SIGINT and SIGTERM. Requests in flight get their responses first.
server.addPlugin(ApolloServerPluginDrainHttpServer({ httpServer }));
await server.start();

const handler = withPage(createFetchHandler(server, { context, multipart: uploads }));
httpServer.on('request', createRequestListener(handler));
httpServer.listen(PORT, () => {
  const address = httpServer.address();
  console.log(`Node.js: http://localhost:${typeof address === 'object' ? address?.port : address}/`);
});
