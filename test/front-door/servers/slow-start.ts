import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from '../../../src/index.ts';

/** A Worker whose server takes a while to start, on what belongs to the request that starts it. */
export default {
  fetch: createFetchHandler(
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
  ),
};
