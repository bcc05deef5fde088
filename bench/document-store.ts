/**
 * What the documents of many distinct queries hold of Node's heap, in MB, and prints the samples as JSON. To be run with
 * `--expose-gc`.
 */
import process from 'node:process';
import { ApolloServer } from '@apollo/server';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import type { DocumentNode } from 'graphql';
import { createFetchHandler } from '../src/index.ts';
import { resolvers, typeDefs } from './app.ts';
import type { Comparison } from './measure.ts';

const queries = 30_000;

const results = [
  { name: 'as it comes', samples: [await heapOf(new ApolloServer({ typeDefs, resolvers }))] },
  {
    name: 'documentStore of 4 MB',
    samples: [
      await heapOf(
        new ApolloServer({
          typeDefs,
          resolvers,
          documentStore: new InMemoryLRUCache<DocumentNode>({ maxSize: 4 * 2 ** 20, sizeCalculation: sizeOf }),
        }),
      ),
    ],
  },
];
const comparison: Comparison = { name: `MB after ${queries.toLocaleString('en')} distinct queries`, results };
console.log(JSON.stringify([comparison]));
process.exit(0);

async function heapOf(server: ApolloServer): Promise<number> {
  await server.start();
  const handler = createFetchHandler(server);
  const before = heapUsed();
  for (let index = 0; index < queries; index++) {
    const query = `query Q${index} { items(count: 1) { id name price stock tags } }`;
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) };
    const { status } = await handler(new Request('http://localhost:4000/', init));
    if (status !== 200) throw new Error(`Answered ${status}: ${query}`);
  }
  const grown = heapUsed() - before;
  // Still in use, or it would have been collected before it was measured.
  await server.stop();
  return grown;
}

/** Apollo's own measure: the length of the document as JSON. */
function sizeOf(document: DocumentNode): number {
  return JSON.stringify(document).length;
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}
