import { ApolloServer } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { fetchAPIOf } from '../../src/core/platform.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { observe, observePlugin, type RequestReport } from '../../src/observe.ts';
import { subscriptions } from '../../src/subscriptions.ts';

/** What was reported, by the id that the request has brought. */
export type Reports = Record<string, RequestReport[]>;

const typeDefs = /* GraphQL */ `
  directive @stream(if: Boolean, label: String, initialCount: Int = 0) on FIELD

  type Query {
    hello: String
    "Settles after so many milliseconds, whatever its signal says."
    slow(ms: Int!): String
    "Yields so many items, and then throws or waits."
    items(count: Int!, then: String!): [Int!]
  }
  type Subscription {
    "Yields 1 and an error, and then waits."
    ticks: Int
  }
`;

interface Context {
  readonly signal: AbortSignal;
}

/** Waits with a timer, because Workers cancels a request that waits for nothing that the runtime knows. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
}

/**
 * Creates the application that the suite about reports tests. `/reports` responds with the reports of all requests that
 * had the header `x-request-id`.
 */
export function createApp(): FetchHandler<unknown[]> {
  const reports: Reports = {};
  const handler: FetchHandler<unknown[]> = createFetchHandler(
    () =>
      new ApolloServer<Context>({
        typeDefs,
        resolvers: {
          Query: {
            hello: () => 'world',
            slow: (_parent: unknown, { ms }: { ms: number }) =>
              new Promise((resolve) => setTimeout(resolve, ms, 'slow')),
            async *items(_parent: unknown, { count, then }: { count: number; then: string }, { signal }: Context) {
              for (let item = 1; item <= count; item++) yield item;
              if (then === 'throw') throw new Error('It has broken.');
              await untilAborted(signal);
            },
          },
          Subscription: {
            ticks: {
              async *subscribe(_parent: unknown, _args: unknown, { signal }: Context) {
                yield* [1, 2];
                await untilAborted(signal);
              },
              resolve(tick: number) {
                if (tick === 2) throw new Error('An odd tick.');
                return tick;
              },
            },
          },
        },
        legacyExperimentalExecuteIncrementally: (args) => execute(args),
        includeStacktraceInErrorResponses: false,
        plugins: [subscriptions({ heartbeatIntervalMillis: 50 }), observePlugin()],
      }),
    { context: async ({ signal }) => ({ signal }), maxBodyBytes: 10_000 },
  );
  const graphql: FetchHandler<unknown[]> = observe(handler, {
    async onEnd(report, request) {
      // On Workers, this needs an invocation that goes on after its response.
      await new Promise((resolve) => setTimeout(resolve, 1));
      const id = request.headers.get('x-request-id');
      if (id !== null) reports[id] = [...(reports[id] ?? []), report];
    },
  });

  return async function app(request, ...platform) {
    if (!request.url.endsWith('/reports')) return await graphql(request, ...platform);
    const { Response } = fetchAPIOf(platform);
    return new Response(JSON.stringify(reports), { status: 200, headers: { 'content-type': 'application/json' } });
  };
}
