import { ApolloServer } from '@apollo/server';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';

/**
 * Serves two servers that start slowly. Each start needs I/O that belongs to the request that triggers it. The handler
 * of `/request-only` gets only the request, as frameworks on Workers pass it.
 */
export function createApp(): FetchHandler<unknown[]> {
  const handler = createHandler();
  const requestOnly = createHandler();
  return (request, ...platform) =>
    request.url.includes('/request-only') ? requestOnly(request) : handler(request, ...platform);
}

function createHandler(): FetchHandler<unknown[]> {
  return createFetchHandler(
    () =>
      new ApolloServer({
        typeDefs: 'type Query { hello: String }',
        resolvers: { Query: { hello: () => 'world' } },
        plugins: [
          {
            async serverWillStart() {
              console.log('starting');
              await new Promise((resolve) => setTimeout(resolve, 1000));
            },
          },
        ],
      }),
  );
}
