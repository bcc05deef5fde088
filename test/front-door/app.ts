import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { execute } from '@graphql-tools/executor';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';

/** The largest body that the servers of these tests take. */
export const maxBodyBytes = 100_000;

interface Counts {
  /** How often a context was made, that of the query included. */
  readonly contexts: number;
  /** How many requests were refused. */
  readonly refusals: number;
}

const counts = { contexts: 0, refusals: 0 };

const server = new ApolloServer<Counts>({
  typeDefs: /* GraphQL */ `
    directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    scalar JSON

    type Query {
      hello: String
      self: Query
      echo(value: JSON): JSON
      contexts: Int!
      refusals: Int!
    }
  `,
  resolvers: {
    Query: {
      hello: () => 'world',
      self: () => ({}),
      echo: (_parent: unknown, { value }: { value: unknown }) => value,
      contexts: (_parent: unknown, _args: unknown, { contexts }: Counts) => contexts,
      refusals: (_parent: unknown, _args: unknown, { refusals }: Counts) => refusals,
    },
  },
  legacyExperimentalExecuteIncrementally: (args) => execute(args),
  plugins: [
    ApolloServerPluginLandingPageDisabled(),
    {
      async invalidRequestWasReceived() {
        counts.refusals++;
      },
    },
  ],
  includeStacktraceInErrorResponses: false,
  allowBatchedHttpRequests: true,
});

const graphql = createFetchHandler(server, {
  context: async (_argument, ..._platform: unknown[]) => {
    counts.contexts++;
    return { ...counts };
  },
  maxBodyBytes,
});

/** The same with the limits that a handler has by default. */
const defaultLimits = createFetchHandler(server, { context: async (_argument, ..._platform: unknown[]) => counts });

let failures = 2;

/** Fails to start twice. */
const failing = createFetchHandler(
  () =>
    new ApolloServer({
      typeDefs: 'type Query { hello: String }',
      resolvers: { Query: { hello: () => 'at last' } },
      includeStacktraceInErrorResponses: false,
      plugins: [
        {
          async serverWillStart() {
            if (failures-- > 0) throw new Error('a secret');
          },
        },
      ],
    }),
);

const handlers: Readonly<Record<string, FetchHandler<unknown[]>>> = {
  '/failing': failing,
  '/default-limits': defaultLimits,
};

export const handler: FetchHandler<unknown[]> = async (request, ...platform) =>
  await (handlers[new URL(request.url).pathname] ?? graphql)(request, ...platform);
