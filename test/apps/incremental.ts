import { AsyncLocalStorage } from 'node:async_hooks';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { getOperationAST } from 'graphql';
import { cancellation } from '../../src/cancellation.ts';
import { fetchAPIOf } from '../../src/core/platform.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { createLogger } from './logger.ts';

/** What the server observed of one run. A request names its run in the header `x-run`. */
export interface Journal {
  /** How often the context function was called. */
  contexts: number;
  /** How often the run's `signal` aborted. */
  aborts: number;
  /** How many items its sources have produced. */
  items: number;
  /** How many sources were opened, and how many of them closed. */
  opened: number;
  closed: number;
  /** How many of its `step` fields began. */
  steps: number;
  /** Whether `/open` was requested for this run. The field `gated` and held items wait for it. */
  open: boolean;
  /** The distinct stores of the AsyncLocalStorage in which its field `stores` ran. */
  stores: (string | undefined)[];
  /** The messages that the server logged since the run began. */
  logged: string[];
}

const typeDefs = `#graphql
  directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  directive @stream(if: Boolean, label: String, initialCount: Int = 0) on FIELD

  type Query {
    hello: String!
    "Echoes its argument."
    echo(text: String!): Echo!
    "Resolves once the run is opened."
    gated: String!
    failing: String
    "Counts up, and records in which store each function of the source runs."
    stores: [Int!]!
    "Runs a step of some milliseconds, then offers the next."
    step(ms: Int!): Step!
    "Counts up, an item every few milliseconds, and waits to be opened before item number \`hold\`."
    items(count: Int = 1000000, ms: Int = 5, hold: Int, failAt: Int): [Int!]!
  }
  type Echo { text: String! }
  type Step { step(ms: Int!): Step! done: Boolean! }
`;

interface Context {
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

const journals = new Map<string, Journal>();

function journalOf(run: string): Journal {
  const journal = journals.get(run) ?? {
    contexts: 0,
    aborts: 0,
    items: 0,
    opened: 0,
    closed: 0,
    steps: 0,
    open: false,
    stores: [],
    logged: [],
  };
  journals.set(run, journal);
  return journal;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Polls, because on Workers a request cannot resolve a promise of another request. */
async function opened(journal: Journal): Promise<void> {
  while (!journal.open) await sleep(5);
}

async function step(_parent: unknown, { ms }: { ms: number }, { journal }: Context) {
  journal.steps++;
  await sleep(ms);
  return { done: true };
}

interface ItemsArguments {
  readonly count: number;
  readonly ms: number;
  readonly hold: number | null;
  readonly failAt: number | null;
}

async function* items(_parent: unknown, { count, ms, hold, failAt }: ItemsArguments, { journal }: Context) {
  journal.opened++;
  try {
    for (let item = 1; item <= count; item++) {
      if (item === hold) await opened(journal);
      await sleep(ms);
      if (item === failAt) throw new Error('A list that failed.');
      journal.items++;
      yield item;
    }
  } finally {
    journal.closed++;
  }
}

const storage = new AsyncLocalStorage<string>();

function stores(_parent: unknown, _args: unknown, { journal }: Context) {
  const see = () => {
    const store = storage.getStore();
    if (!journal.stores.includes(store)) journal.stores.push(store);
  };
  let item = 0;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      see();
      await sleep(5);
      see();
      return { done: false, value: ++item };
    },
    async return() {
      see();
      journal.closed++;
      return { done: true, value: undefined };
    },
  };
}

const resolvers = {
  Query: {
    hello: () => 'world',
    echo: (_parent: unknown, { text }: { text: string }) => ({ text }),
    gated: async (_parent: unknown, _args: unknown, { journal }: Context) => {
      await opened(journal);
      return 'open';
    },
    failing: () => {
      throw new Error('A field failed.');
    },
    stores,
    step,
    items,
  },
  Step: { step },
};

/**
 * Returns the result of `query Bulk`, which is an endless series of 64 KiB parts. Its source, unlike an executor,
 * produces a part only when the consumer asks for one.
 */
function bulk({ journal }: Context) {
  async function* subsequentResults() {
    const text = 'x'.repeat(65_536);
    journal.opened++;
    try {
      for (;;) {
        journal.items++;
        yield { incremental: [{ data: { text }, path: [] }], hasNext: true };
      }
    } finally {
      journal.closed++;
    }
  }
  return { initialResult: { data: { hello: 'world' }, hasNext: true }, subsequentResults: subsequentResults() };
}

/** Throws at the second payload of an operation whose name starts with `Throws`. */
const throwing: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async willSendSubsequentPayload({ operationName }) {
        if (operationName?.startsWith('Throws')) throw new Error('A secret cause.');
      },
    };
  },
};

/** Creates a server that logs to the journal of every run. */
function createServer(plugins: readonly ApolloServerPlugin<Context>[] = []): ApolloServer<Context> {
  const log = (message: unknown) => {
    for (const journal of journals.values()) journal.logged.push(String(message));
  };
  return new ApolloServer<Context>({
    typeDefs,
    resolvers,
    plugins: [throwing, ...plugins],
    includeStacktraceInErrorResponses: false,
    logger: createLogger(log, log),
    legacyExperimentalExecuteIncrementally: (args) =>
      // Apollo does not carry the context's type over to the executor's arguments.
      getOperationAST(args.document)?.name?.value === 'Bulk' ? bulk(args.contextValue as Context) : execute(args),
  });
}

/**
 * Creates the application that the suites about streams and disconnects test. `/graphql` is a plain server, and
 * `/cancelling` has the `cancellation` plugin. Tests control a run with `/journal?run=<id>` and `/open?run=<id>`.
 */
export function createApp(): FetchHandler<unknown[]> {
  const createHandler = (server: ApolloServer<Context>) =>
    createFetchHandler(server, {
      context: async ({ request, signal }, ..._platform: unknown[]) => {
        const journal = journalOf(request.headers.get('x-run') ?? 'none');
        journal.contexts++;
        signal.addEventListener('abort', () => {
          journal.aborts++;
        });
        return { journal, signal };
      },
    });
  const graphql = createHandler(createServer());
  const cancelling = createHandler(createServer([cancellation()]));

  return async function app(request, ...platform) {
    const { pathname, searchParams } = new URL(request.headers.get('x-path') ?? request.url, request.url);
    if (pathname === '/graphql') {
      return await storage.run(request.headers.get('x-run') ?? 'none', () => graphql(request, ...platform));
    }
    if (pathname === '/cancelling') return await cancelling(request, ...platform);
    const journal = journalOf(searchParams.get('run') ?? 'none');
    if (pathname === '/open') journal.open = true;
    const { Response } = fetchAPIOf(platform);
    return new Response(JSON.stringify(journal), { status: 200, headers: { 'content-type': 'application/json' } });
  };
}
