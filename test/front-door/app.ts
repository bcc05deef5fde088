import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { execute } from '@graphql-tools/executor';
import { createFetchHandler } from '../../src/index.ts';

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

export const handler = createFetchHandler(server, {
  context: async () => {
    counts.contexts++;
    return { ...counts };
  },
  maxBodyBytes,
});
