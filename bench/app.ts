import process from 'node:process';
import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import { incrementalResponse } from './incremental.ts';

/**
 * The schema of every subject. Each subject builds a copy of its own, because Apollo's plugins wrap the resolvers of
 * the schema that they receive.
 */
export const typeDefs = `#graphql
  type Query {
    hello: String!
    items(count: Int!): [Item!]!
    lengths(texts: [String!]!): Int!
  }

  type Item {
    id: ID!
    name: String!
    price: Float!
    stock: Int!
    tags: String!
  }
`;

interface Item {
  readonly id: string;
  readonly name: string;
  readonly price: number;
  readonly stock: number;
  readonly tags: string;
}

const items: readonly Item[] = Array.from({ length: 1000 }, (_, index) => ({
  id: String(index),
  name: `Item ${index}`,
  price: index * 1.5,
  stock: index % 7,
  tags: 'one,two,three',
}));

export const resolvers = {
  Query: {
    hello: () => 'world',
    items: (_parent: unknown, { count }: { count: number }) => items.slice(0, count),
    lengths: (_parent: unknown, { texts }: { texts: string[] }) => texts.reduce((sum, text) => sum + text.length, 0),
  },
};

/** The origins whose pages may call a deployed server. */
export const deployedOrigins: readonly string[] = ['https://app.example.com', 'https://studio.apollographql.com'];

export function createApollo(added: readonly ApolloServerPlugin[] = []): ApolloServer<BaseContext> {
  const { ENDLESS } = process.env;
  // For the bench `stalled`, every server responds with an endless stream of 64 kB parts.
  const plugins = ENDLESS ? [incrementalResponse(() => 'x'.repeat(65_536), Infinity)] : added;
  return new ApolloServer({ typeDefs, resolvers, plugins: [...plugins] });
}

export async function startApollo(): Promise<ApolloServer<BaseContext>> {
  const server = createApollo();
  await server.start();
  return server;
}

/** An operation, the request body that carries it, and the data that every subject must return. */
export interface Operation {
  readonly name: string;
  readonly body: string;
  readonly data: unknown;
}

export const hello: Operation = operation('{ hello }', '{ hello }', undefined, { hello: 'world' });

export function list(count: number): Operation {
  const query = `{ items(count: ${count}) { id name price stock tags } }`;
  return operation(`list of ${count.toLocaleString('en')} × 5`, query, undefined, { items: items.slice(0, count) });
}

/** Creates an operation with a request body of about `bytes` bytes. Its variable lists texts of 500 characters. */
export function variables(name: string, bytes: number): Operation {
  const texts = Array.from({ length: Math.ceil(bytes / 503) }, () => 'text '.repeat(100));
  const query = 'query ($texts: [String!]!) { lengths(texts: $texts) }';
  return operation(`${name} of variables`, query, { texts }, { lengths: texts.length * 500 });
}

function operation(name: string, query: string, variables: unknown, data: unknown): Operation {
  return { name, body: JSON.stringify({ query, variables }), data };
}

/** Throws unless the response has the expected data, so that the bench never times a failed operation. */
export function assertResponse(subject: string, { name, data }: Operation, response: string): void {
  const expected = JSON.stringify(data);
  const actual = JSON.stringify(JSON.parse(response).data);
  if (actual !== expected) {
    throw new Error(`${subject} responded to ${name} with ${response.slice(0, 500)}`);
  }
}

/** Returns `count` request headers like those that a browser and its proxies send. */
export function headersOf({ body }: Operation, count: number): Record<string, string> {
  const entries = [
    ['host', 'localhost:4000'],
    ['content-type', 'application/json'],
    ['content-length', String(new TextEncoder().encode(body).byteLength)],
    ['accept', 'application/graphql-response+json, application/json'],
    [
      'user-agent',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
    ],
    ['accept-encoding', 'gzip, deflate, br, zstd'],
    ['accept-language', 'en-GB,en;q=0.9,de;q=0.8'],
    ['cache-control', 'no-cache'],
    ['origin', 'https://app.example.com'],
    ['referer', 'https://app.example.com/dashboard'],
    ['authorization', `Bearer ${'0123456789abcdef'.repeat(8)}`],
    ['cookie', `session=${'fedcba9876543210'.repeat(4)}; theme=dark`],
  ];
  while (entries.length < count) entries.push([`x-header-${entries.length}`, `value ${entries.length}`]);
  return Object.fromEntries(entries.slice(0, count));
}
