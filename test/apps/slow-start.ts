import { ApolloServer } from '@apollo/server';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import type { AppOptions } from './index.ts';

/** Creates a server that starts slowly. The start needs I/O that belongs to the request that triggers it. */
export function createApp({ fetchAPI }: AppOptions = {}): FetchHandler<unknown[]> {
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
    { ...(fetchAPI && { fetchAPI }) },
  );
}
