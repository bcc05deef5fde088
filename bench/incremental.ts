import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';

/** The request headers of a client that accepts an incremental response. */
export const incrementalHeaders = {
  'content-type': 'application/json',
  accept: 'multipart/mixed; deferSpec=20220824, application/json',
};

/** Creates a plugin that responds to every operation with `count` parts after the first. */
export function incrementalResponse(item: () => string, count: number): ApolloServerPlugin {
  return {
    async requestDidStart() {
      return {
        async responseForOperation() {
          return {
            http: { headers: new HeaderMap() },
            body: {
              kind: 'incremental',
              initialResult: { data: { items: [] }, hasNext: true },
              subsequentResults: parts(item, count),
            },
          };
        },
      };
    },
  };
}

async function* parts(item: () => string, count: number) {
  for (let index = 1; index <= count; index++) {
    yield { hasNext: index < count, incremental: [{ path: ['items', index], items: [item()] }] };
  }
}
