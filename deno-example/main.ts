// npx deno run --allow-net --allow-env deno-example/main.ts
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { denoKV } from 'apollo-server-integration-fetch/deno-kv';
import { drain } from 'apollo-server-integration-fetch/drain';
import { broadcastHub } from '../example-app/broadcast-hub.ts';
import { context } from '../example-app/context.ts';
import { uploads } from '../example-app/covers.ts';
import { withPage } from '../example-app/page.ts';
import { createServer } from '../example-app/server.ts';
import { kvStore } from './store.ts';

const kv = await Deno.openKv(Deno.env.get('STORE'));
const server = createServer(kvStore(kv), broadcastHub(), denoKV(kv));

// Apollo stops the server on SIGINT and SIGTERM. Requests in flight get their responses first.
const handler = drain(createFetchHandler(server, { context, multipart: uploads }), {
  server,
  close: (): Promise<void> => listener.shutdown(),
});
await server.start();

const listener = Deno.serve(
  {
    port: Number(Deno.env.get('PORT') ?? 8000),
    onListen: ({ port }) => console.log(`Deno: http://localhost:${port}/`),
  },
  withPage(handler),
);
