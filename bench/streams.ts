/** Measures an answer of 1,000 chunks against Apollo's own iterator of them, and prints the samples as JSON. */
import { ApolloServer, HeaderMap } from '@apollo/server';
import { createFetchHandler } from '../src/index.ts';
import { hello, typeDefs } from './app.ts';
import { compare } from './compare.ts';
import { incrementalAnswer, incrementalHeaders } from './incremental.ts';

const count = 1000;
const server = new ApolloServer({ typeDefs, plugins: [incrementalAnswer(() => 'item', count)] });
await server.start();
const headers = new HeaderMap(Object.entries(incrementalHeaders));
const handler = createFetchHandler(server);

const subjects = {
  "Apollo's iterator": subject(async () => {
    const iterator = await execute();
    return await countOf(() => iterator.next());
  }),
  // What no byte stream can do without.
  "Apollo's iterator, its chunks as bytes": subject(async () => {
    const iterator = await execute();
    const encoder = new TextEncoder();
    return await countOf(async () => {
      const { done, value = '' } = await iterator.next();
      return { done, value: encoder.encode(value) };
    });
  }),
  'the least pulling ReadableStream': subject(async () => {
    const iterator = await execute();
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
  'ours, read to its end': subject(async () => {
    const init = { method: 'POST', headers: incrementalHeaders, body: hello.body };
    const { body } = await handler(new Request('http://localhost:4000/', init));
    if (body === null) throw new Error('Expected a body.');
    const reader = body.getReader();
    return await countOf(() => reader.read());
  }),
};
await compare([{ name: '1,000 chunks' }], subjects, (name, _case, chunks) => {
  if (chunks !== count + 1) throw new Error(`${name}: ${chunks} chunks`);
});

function subject(run: () => Promise<number>) {
  return async () => () => run;
}

async function execute(): Promise<AsyncIterableIterator<string>> {
  const httpGraphQLRequest = { method: 'POST', headers, search: '', body: JSON.parse(hello.body) };
  const { body } = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => ({}) });
  if (body.kind !== 'chunked') throw new Error('Expected a chunked answer.');
  return body.asyncIterator;
}

async function countOf(next: () => Promise<{ done?: boolean | undefined }>): Promise<number> {
  let count = 0;
  while (!(await next()).done) count++;
  return count;
}
