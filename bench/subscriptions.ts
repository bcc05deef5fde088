/** Measures the cost of the events of a subscription on the `RUNTIME`, and prints the samples as JSON. */
import { ApolloServer } from '@apollo/server';
import { type ExecutionResult, parse, subscribe } from 'graphql';
import { createHandler } from 'graphql-sse/lib/use/fetch';
import { createSchema, createYoga } from 'graphql-yoga';
import { createFetchHandler } from '../src/index.ts';
import { subscriptions } from '../src/subscriptions.ts';
import { compare } from './compare.ts';
import type { Subject } from './subject.ts';

const count = 1000;

const typeDefs = `
  type Query { hello: String }
  type Subscription { number: Int!  item: Item! }
  type Item { id: ID!  name: String!  price: Float!  stock: Int!  tags: String! }
`;
const resolvers = {
  Subscription: {
    number: { subscribe: () => events((number) => ({ number })) },
    item: {
      subscribe: () =>
        events((index) => ({ item: { id: index, name: 'Item', price: 1.5, stock: 7, tags: 'one,two,three' } })),
    },
  },
};

interface Case {
  readonly name: string;
  readonly query: string;
}

const cases: readonly Case[] = [
  { name: '1,000 numbers', query: 'subscription { number }' },
  { name: '1,000 objects of 5 fields', query: 'subscription { item { id name price stock tags } }' },
];

const subjects: Readonly<Record<string, Subject<Case, readonly Uint8Array[]>>> = {
  async "graphql-js's subscribe, its events as JSON in bytes"() {
    const schema = createSchema({ typeDefs, resolvers });
    const encoder = new TextEncoder();
    return ({ query }) =>
      async () => {
        const results = await subscribe({ schema, document: parse(query) });
        return await collect(results as AsyncIterable<ExecutionResult>, (result) =>
          encoder.encode(JSON.stringify(result)),
        );
      };
  },
  'ours, text/event-stream': subject('text/event-stream', ours),
  'ours, multipart/mixed': subject('multipart/mixed; subscriptionSpec=1.0', ours),
  'graphql-sse': subject('text/event-stream', () => createHandler({ schema: createSchema({ typeDefs, resolvers }) })),
  'graphql-yoga': subject('text/event-stream', () => {
    const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });
    return (request) => yoga.fetch(request);
  }),
};
await compare(cases, subjects, (name, _case, chunks) => {
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  const found = text.split('"data":{').length - 1;
  if (found !== count) throw new Error(`${name}: ${found} events, the last of which are ${text.slice(-500)}`);
});

type FetchHandler = (request: Request) => Response | Promise<Response>;

function subject(
  accept: string,
  createHandler: () => FetchHandler | Promise<FetchHandler>,
): Subject<Case, readonly Uint8Array[]> {
  return async () => {
    const handler = await createHandler();
    return ({ query }) => {
      const headers = { 'content-type': 'application/json', accept };
      const init = { method: 'POST', headers, body: JSON.stringify({ query }) };
      return async () => {
        const { body } = await handler(new Request('http://localhost:4000/graphql', init));
        if (body === null) throw new Error('Expected a body.');
        return await collect(body, (chunk) => chunk);
      };
    };
  };
}

async function ours(): Promise<FetchHandler> {
  const server = new ApolloServer({ typeDefs, resolvers, plugins: [subscriptions()] });
  await server.start();
  return createFetchHandler(server);
}

async function* events<Event>(event: (index: number) => Event) {
  for (let index = 0; index < count; index++) yield event(index);
}

async function collect<Item>(items: AsyncIterable<Item>, toBytes: (item: Item) => Uint8Array): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const item of items) all.push(toBytes(item));
  return all;
}
