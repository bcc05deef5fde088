/**
 * Serves one subscription to many clients, with the package that `SUBJECT` names. `GET /stats` returns the CPU time
 * in µs and the memory in bytes, and `GET /collect` does so after it has collected garbage. `GET /publish?size=7` sends an event with a list of this length.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { ApolloServer } from '@apollo/server';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createHandler } from 'graphql-sse/lib/use/http';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { createFetchHandler } from '../../src/index.ts';
import { createRequestListener } from '../../src/node.ts';
import { subscriptions } from '../../src/subscriptions.ts';

const listeners = new Set<(items: object[]) => void>();

/** The least source: it keeps nothing for a subscriber that does not ask. */
function subscribe(): AsyncIterableIterator<unknown> {
  let listener = (_items: object[]) => {};
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      new Promise((resolve) => {
        listeners.delete(listener);
        listener = (items) => resolve({ done: false, value: { items } });
        listeners.add(listener);
      }),
    async return() {
      listeners.delete(listener);
      return { done: true, value: undefined };
    },
  };
}

const schema = makeExecutableSchema({
  typeDefs: `
    type Query { hello: String }
    type Subscription { items: [Item!]! }
    type Item { id: ID!  name: String!  price: Float!  stock: Int!  tags: String! }
  `,
  resolvers: { Subscription: { items: { subscribe } } },
});

async function ours(share?: () => string): Promise<RequestListener> {
  const server = new ApolloServer({ schema, plugins: [subscriptions(share ? { share } : {})] });
  await server.start();
  return createRequestListener(createFetchHandler(server));
}

const subjects: Record<string, () => RequestListener | Promise<RequestListener>> = {
  ours: () => ours(),
  'ours, shared': () => ours(() => 'all'),
  'graphql-sse': () => createHandler({ schema }),
  'graphql-yoga': () => createYoga({ schema, logging: false }),
  'graphql-ws': () => (_request, response) => void response.end(),
};
const { SUBJECT = 'ours' } = process.env;
const listener = await subjects[SUBJECT]?.();

const server: Server = createServer((request, response) => {
  const [path, size] = request.url?.split('?size=') ?? [];
  if (path === '/stats' || path === '/collect') {
    if (path === '/collect') globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { heapUsed, external } = process.memoryUsage();
    response.end(JSON.stringify({ cpu: user + system, memory: heapUsed + external, clients: listeners.size }));
  } else if (path === '/publish') {
    const items = Array.from({ length: Number(size) }, (_, id) => ({
      id,
      name: 'Item',
      price: 1.5,
      stock: 7,
      tags: 'one,two,three',
    }));
    for (const send of [...listeners]) send(items);
    response.end();
  } else void listener?.(request, response);
});
if (SUBJECT === 'graphql-ws') useServer({ schema }, new WebSocketServer({ server }));
server.listen(0, '127.0.0.1', 10_000, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
