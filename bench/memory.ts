/**
 * Tests whether the handler keeps memory of requests that it has responded to. It measures the heap in use after every
 * tenth of 200,000 requests, of 10,000 requests whose client disconnects in the middle of a streamed response, of 10,000
 * subscriptions whose client disconnects after the first event, of 10,000 that share their sources, and of 10,000 requests whose deadline passes.
 *
 *     node --expose-gc bench/memory.ts [--requests 200000] [--aborted 10000] [--subscriptions 10000] [--overdue 10000]
 *
 * Fails if the heap has grown by more than a megabyte, or if a source or a timer is left.
 */

import { createHook } from 'node:async_hooks';
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ApolloServer } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { cors } from '../src/cors.ts';
import { deadline } from '../src/deadline.ts';
import { drain } from '../src/drain.ts';
import { createFetchHandler } from '../src/index.ts';
import { subscriptions } from '../src/subscriptions.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    aborted: { type: 'string', default: '10000' },
    subscriptions: { type: 'string', default: '10000' },
    overdue: { type: 'string', default: '10000' },
  },
});
const { gc } = globalThis;
if (gc === undefined) throw new Error('Run it with --expose-gc.');

const sources = { opened: 0, closed: 0 };

const server = new ApolloServer<{ signal: AbortSignal }>({
  typeDefs: /* GraphQL */ `
    directive @stream(if: Boolean, label: String, initialCount: Int = 0) on FIELD

    type Query {
      hello: String
      never: String
      endless: [Int]
    }
    type Subscription {
      ticks: Int
    }
  `,
  resolvers: {
    Query: {
      hello: () => 'world',
      never: () => new Promise(() => {}),
      async *endless() {
        sources.opened++;
        try {
          for (let item = 0; ; item++) {
            yield item;
            await turn();
          }
        } finally {
          sources.closed++;
        }
      },
    },
    Subscription: {
      ticks: {
        async *subscribe() {
          sources.opened++;
          try {
            for (let ticks = 0; ; ticks++) {
              yield { ticks };
              await turn();
            }
          } finally {
            sources.closed++;
          }
        },
      },
    },
  },
  legacyExperimentalExecuteIncrementally: (args) => execute(args),
  plugins: [subscriptions({ share: ({ request }) => request.http?.headers.get('x-share') })],
});
const bare = createFetchHandler(server, {
  context: async ({ signal, responseHeaders }) => {
    responseHeaders.append('set-cookie', 'a=1');
    return { signal };
  },
});
const handler = drain(cors(deadline(bare), { origin: 'https://a.test' }), { server, close: () => {} });

const parts = 'multipart/mixed; deferSpec=20220824, application/json';

function post(query: string, signal?: AbortSignal, accept = parts, headers = {}): Request {
  return new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify({ query }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function completed(): Promise<void> {
  await (await handler(post('{hello}'))).text();
}

/** Disconnects after the first part. Even runs abort the signal, and odd runs cancel the response body. */
async function aborted(number: number): Promise<void> {
  const client = new AbortController();
  const { body } = await handler(post('{endless @stream}', client.signal));
  const reader = body?.getReader();
  await reader?.read();
  if (number % 2 === 0) client.abort();
  else await reader?.cancel();
}

const protocols = ['multipart/mixed;subscriptionSpec=1.0', 'text/event-stream'];

/** Disconnects after the first event. The runs alternate between both protocols and both ways to disconnect. */
async function subscribed(number: number): Promise<void> {
  const client = new AbortController();
  const { body } = await handler(
    post('subscription { ticks }', client.signal, protocols[Math.floor(number / 2) % protocols.length]),
  );
  const reader = body?.getReader();
  await reader?.read();
  await reader?.read();
  if (number % 2 === 0) client.abort();
  else await reader?.cancel();
}

const sharing = 10;

/** Some clients share a source, and leave one after the other. */
async function shared(): Promise<void> {
  const readers = await Promise.all(
    Array.from({ length: sharing }, async (_, number) => {
      const accept = protocols[number % protocols.length];
      const { body } = await handler(post('subscription { ticks }', undefined, accept, { 'x-share': 'all' }));
      return body?.getReader();
    }),
  );
  for (const reader of readers) {
    await reader?.read();
    await reader?.read();
    await reader?.cancel();
  }
}

const atOnce = 100;
const impatient = deadline(bare, { maxMillis: 5 });

/** Sends requests whose deadline passes, half of them while a stream is sent. */
async function overdue(): Promise<void> {
  await Promise.all(
    Array.from({ length: atOnce }, async (_, number) => {
      await (await impatient(post(number % 2 === 0 ? '{never}' : '{endless @stream}'))).text();
    }),
  );
}

async function heapInUse(): Promise<number> {
  // Finalizers run between turns of the event loop and free more memory, so garbage is collected twice.
  for (let round = 0; round < 2; round++) {
    gc?.();
    await turn();
  }
  return process.memoryUsage().heapUsed / 1e6;
}

/** Prints the heap in MB after each tenth, and returns its growth after the first tenth, which warms up caches. */
async function measure(name: string, total: number, run: (number: number) => Promise<void>): Promise<number> {
  const heap: number[] = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    for (let number = 0; number < total / 10; number++) await run(number);
    heap.push(await heapInUse());
  }
  const growth = (heap.at(-1) ?? 0) - (heap[0] ?? 0);
  console.log(
    `${name} ${total}: heap ${heap.map((size) => size.toFixed(1)).join(' ')} MB, growth ${growth.toFixed(2)}`,
  );
  return growth;
}

/** The timers that were started after the hook was enabled. Node.js counts no timer that does not keep it running. */
const timers = new Set<number>();
const hook = createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  destroy: (id) => void timers.delete(id),
});

const growths = [
  await measure('completed', Number(values.requests), completed),
  await measure('aborted', Number(values.aborted), aborted),
  await measure('subscriptions', Number(values.subscriptions), subscribed),
  await measure(`shared, by ${sharing}`, Number(values.subscriptions) / sharing, shared),
];
hook.enable();
growths.push(await measure(`overdue, ${atOnce} at once`, Number(values.overdue) / atOnce, overdue));
for (const end = performance.now() + 2000; timers.size > 0 && performance.now() < end; ) await turn();
for (let turns = 0; turns < 1000 && sources.closed < sources.opened; turns++) await turn();
console.log(`sources: ${sources.opened} opened, ${sources.closed} closed; timers: ${timers.size} left`);
const isFlat = growths.every((growth) => growth <= 1);
process.exitCode = isFlat && sources.opened === sources.closed && timers.size === 0 ? 0 : 1;
await server.stop();
