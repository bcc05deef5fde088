import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { type CancellationContext, cancellation } from 'apollo-server-integration-fetch/cancellation';
import { cors } from 'apollo-server-integration-fetch/cors';
import { drain } from 'apollo-server-integration-fetch/drain';
import { createRequestListener } from 'apollo-server-integration-fetch/node';

const server = new ApolloServer<CancellationContext>({
  typeDefs: 'type Query { left: Boolean }',
  resolvers: { Query: { left: (_parent, _args, { signal }) => signal.aborted } },
  plugins: [cancellation()],
});

// @ts-expect-error: this server's context needs a context function.
createFetchHandler(server);

const handler = drain(createFetchHandler(server, { context: async ({ signal }) => ({ signal }) }), {
  server,
  close: () => new Promise((resolve) => listener.close(resolve)),
});
const listener = createServer(createRequestListener(cors(handler, { origin: 'https://example.com' })));

listener.listen(0, '127.0.0.1', async () => {
  const { port } = listener.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://example.com' },
    body: JSON.stringify({ query: '{ left }' }),
  });
  console.log(response.headers.get('access-control-allow-origin'), await response.text());
  await server.stop();
});
