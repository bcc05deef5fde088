import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { fetchAPIOf } from '../../src/core/platform.ts';
import { deadline } from '../../src/deadline.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';

/** What the servers have observed. */
export interface State {
  changes: number;
  /** How many sources are closed. */
  closed: number;
  /** How many responses of the slow server came too late. */
  late: number;
  /** Whether the slow server may start. */
  isOpen: boolean;
}

interface Context {
  readonly signal: AbortSignal;
}

const typeDefs = /* GraphQL */ `
  directive @stream(if: Boolean, label: String, initialCount: Int = 0) on FIELD

  type Query {
    hello: String
    never: String
    "An item, and then nothing until the signal aborts."
    items: [Int!]
  }
  type Mutation {
    change: Int
  }
`;

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/**
 * Creates the application that the suite about deadlines tests. The handler of `/request-only` gets only the request.
 * The server at `/slow` starts once `/open` was requested. `/state` responds with what was observed.
 */
export function createApp(): FetchHandler<unknown[]> {
  const state: State = { changes: 0, closed: 0, late: 0, isOpen: false };

  function createServer(plugins: ApolloServerPlugin[] = []): ApolloServer<Context> {
    return new ApolloServer<Context>({
      typeDefs,
      resolvers: {
        Query: {
          hello: () => 'world',
          never: () => new Promise(() => {}),
          async *items(_parent: unknown, _args: unknown, { signal }: Context) {
            try {
              yield 1;
              await new Promise((resolve) => signal.addEventListener('abort', resolve));
            } finally {
              // On Workers, this needs an invocation that goes on after its response.
              await sleep(1);
              state.closed++;
            }
          },
        },
        Mutation: { change: () => ++state.changes },
      },
      legacyExperimentalExecuteIncrementally: (args) => execute(args),
      includeStacktraceInErrorResponses: false,
      plugins,
    });
  }

  function limit(server: ApolloServer<Context>): FetchHandler<unknown[]> {
    const handler = createFetchHandler(server, {
      context: async ({ signal }, ..._platform: unknown[]) => ({ signal }),
    });
    return deadline(
      async (request, ...platform) => {
        const response = await handler(request, ...platform);
        if (request.signal.aborted) state.late++;
        return response;
      },
      { maxMillis: 500 },
    );
  }

  const graphql = limit(createServer());
  const slow = limit(
    createServer([
      {
        async serverWillStart() {
          // On Workers, a request cannot resolve a promise of another request.
          while (!state.isOpen) await sleep(5);
        },
      },
    ]),
  );

  return async function app(request, ...platform) {
    const { pathname } = new URL(request.url);
    if (pathname === '/slow') return await slow(request, ...platform);
    if (pathname === '/request-only') return await graphql(request);
    if (pathname === '/') return await graphql(request, ...platform);
    if (pathname === '/open') state.isOpen = true;
    const { Response } = fetchAPIOf(platform);
    return new Response(JSON.stringify(state), { status: 200, headers: { 'content-type': 'application/json' } });
  };
}
