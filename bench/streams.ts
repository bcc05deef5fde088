/** Compares chunked responses with Apollo's own iterator of their chunks, and prints the samples as JSON. */
import { ApolloServer, type BaseContext, HeaderMap } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { createFetchHandler } from '../src/index.ts';
import { hello, typeDefs } from './app.ts';
import { compare } from './compare.ts';
import { incrementalHeaders, incrementalResponse } from './incremental.ts';

const count = 1000;

interface Case {
  readonly name: string;
  readonly server: ApolloServer<BaseContext>;
  readonly body: string;
  /** The number varies, because the executor puts items that are ready at the same time into one part. */
  readonly chunks: { readonly atLeast: number; readonly atMost: number };
}

const cases: readonly Case[] = [
  {
    // The chunks are as cheap as possible, so that mostly their transport is measured.
    name: '1,000 chunks',
    server: new ApolloServer({ typeDefs, plugins: [incrementalResponse(() => 'item', count)] }),
    body: hello.body,
    chunks: { atLeast: count + 1, atMost: count + 1 },
  },
  {
    name: '1,000 items of a `@stream`',
    server: new ApolloServer({
      typeDefs: `
        directive @stream(if: Boolean! = true, label: String, initialCount: Int! = 0) on FIELD
        type Query { items: [String!]! }
      `,
      resolvers: { Query: { items } },
      legacyExperimentalExecuteIncrementally: execute,
    }),
    body: JSON.stringify({ query: '{ items @stream }' }),
    chunks: { atLeast: 100, atMost: count + 1 },
  },
];
await Promise.all(cases.map(({ server }) => server.start()));
const headers = new HeaderMap(Object.entries(incrementalHeaders));

const subjects = {
  "Apollo's iterator": subject((of) => async () => {
    const iterator = await iterate(of);
    return await countOf(() => iterator.next());
  }),
  // Every byte stream has to encode its chunks.
  "Apollo's iterator, its chunks as bytes": subject((of) => async () => {
    const iterator = await iterate(of);
    const encoder = new TextEncoder();
    return await countOf(async () => {
      const { done, value = '' } = await iterator.next();
      return { done, value: encoder.encode(value) };
    });
  }),
  'the least pulling ReadableStream': subject((of) => async () => {
    const iterator = await iterate(of);
    const encoder = new TextEncoder();
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
    });
    const reader = stream.getReader();
    return await countOf(() => reader.read());
  }),
  'ours, read to its end': subject((of) => {
    const handler = createFetchHandler(of.server);
    const init = { method: 'POST', headers: incrementalHeaders, body: of.body };
    return async () => {
      const { body } = await handler(new Request('http://localhost:4000/', init));
      if (body === null) throw new Error('Expected a body.');
      const reader = body.getReader();
      return await countOf(() => reader.read());
    };
  }),
};
await compare(cases, subjects, (name, { chunks: { atLeast, atMost } }, chunks) => {
  if (chunks < atLeast || chunks > atMost) throw new Error(`${name}: ${chunks} chunks`);
});

function subject(prepare: (of: Case) => () => Promise<number>) {
  return async () => prepare;
}

async function* items() {
  for (let index = 0; index < count; index++) yield 'item';
}

async function iterate({ server, body }: Case): Promise<AsyncIterableIterator<string>> {
  const httpGraphQLRequest = { method: 'POST', headers, search: '', body: JSON.parse(body) };
  const response = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => ({}) });
  if (response.body.kind !== 'chunked') throw new Error('Expected a chunked response.');
  return response.body.asyncIterator;
}

async function countOf(next: () => Promise<{ done?: boolean | undefined }>): Promise<number> {
  let count = 0;
  while (!(await next()).done) count++;
  return count;
}
