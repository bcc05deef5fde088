import { ApolloServer } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { drain } from '../../src/drain.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import type { AppOptions } from './index.ts';

interface Context {
  readonly signal: AbortSignal;
}

const typeDefs = /* GraphQL */ `
  directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT

  type Query {
    "How many requests are in flight that wait for the server to stop."
    held: Int!
    "Resolves once the server is stopping."
    untilDrain: String!
    "Resolves once its request's signal is aborted."
    untilAbort: String!
  }
`;

/** Creates the application that the suite about a graceful stop tests. */
export function createApp({ close }: AppOptions = {}): FetchHandler<unknown[]> {
  let held = 0;
  let onDrain = () => {};
  const draining = new Promise<void>((resolve) => {
    onDrain = resolve;
  });
  const server = new ApolloServer<Context>({
    typeDefs,
    resolvers: {
      Query: {
        held: () => held,
        async untilDrain() {
          held++;
          await draining;
          return 'drained';
        },
        async untilAbort(_parent: unknown, _args: unknown, { signal }: Context) {
          held++;
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return signal.reason.message;
        },
      },
    },
    legacyExperimentalExecuteIncrementally: (args) => execute(args) as never,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: true,
    plugins: [{ serverWillStart: async () => ({ drainServer: async () => onDrain() }) }],
  });
  const handler = createFetchHandler(server, {
    context: async ({ signal }) => ({ signal }),
  });
  if (close === undefined) throw new Error('The host cannot stop listening.');
  return drain(handler, { server, close, stopGracePeriodMillis: 1000 });
}
