import { AsyncLocalStorage } from 'node:async_hooks';
import { ApolloServer } from '@apollo/server';
import { fetchAPIOf } from '../../src/core/platform.ts';
import { drain } from '../../src/drain.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import type { AppOptions } from './index.ts';
import { createLogger } from './logger.ts';

/** What the server observed of one run. Operations name their run in the argument `run`. */
export interface Journal {
  /** How often a request's `signal` aborted. */
  aborts: number;
  /** How many events its sources have produced. */
  events: number;
  /** How many sources were opened, and how many of them closed. */
  opened: number;
  closed: number;
  /** How many `subscribe` resolvers have begun to wait for the run to be opened. */
  opening: number;
  /** Whether the mutation `open` was sent for this run. */
  open: boolean;
  /** The distinct stores of the AsyncLocalStorage in which its source and its resolvers ran. */
  stores: (string | undefined)[];
  logged: string[];
}

/** The interval between the heartbeats of a silent response, in milliseconds. */
export const heartbeatIntervalMillis = 250;

const typeDefs = /* GraphQL */ `
  scalar Anything

  type Query {
    hello: String!
    journal(run: String!): Anything!
    "Resolves once its signal aborts."
    untilAbort(run: String!): String!
  }
  type Mutation {
    open(run: String!): Boolean!
  }
  type Subscription {
    "Counts up, and waits for the run to be opened before number \`hold\`."
    ticks(run: String!, count: Int = 1000000, ms: Int = 5, hold: Int): Int!
    "Yields nothing, and ends when its signal aborts."
    silent(run: String!): Int!
    "Is opened once the run is, and yields nothing."
    late(run: String!): Int!
    "Texts of 64 KiB without end, as fast as they are asked for."
    bulk(run: String!): String!
    "Yields 1, and then throws."
    throwing(run: String!): Int!
    "Cannot be opened."
    refused(run: String!): Int!
    "Counts up, and records in which store each function of the source runs."
    stores(run: String!): Int!
    "An error, a value that is no JSON, and then 3."
    odd(run: String!): Anything
  }
`;

interface Context {
  readonly signal: AbortSignal;
}

interface Arguments {
  readonly run: string;
  readonly count: number;
  readonly ms: number;
  readonly hold: number | null;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Creates the application that the suite about subscriptions tests. `/graphql` has CSRF prevention, and `/unprotected`
 * has none. Any other path serves an empty page. If the host can stop listening, both are drained at SIGTERM.
 */
export function createApp({ close }: AppOptions = {}): FetchHandler<unknown[]> {
  const journals = new Map<string, Journal>();

  function journalOf(run: string): Journal {
    const journal = journals.get(run) ?? {
      aborts: 0,
      events: 0,
      opened: 0,
      closed: 0,
      opening: 0,
      open: false,
      stores: [],
      logged: [],
    };
    journals.set(run, journal);
    return journal;
  }

  const storage = new AsyncLocalStorage<string>();

  function see({ stores }: Journal): void {
    const store = storage.getStore();
    if (!stores.includes(store)) stores.push(store);
  }

  /** Polls, because on Workers a request cannot resolve a promise of another request. */
  async function untilOpen(journal: Journal): Promise<void> {
    while (!journal.open) await sleep(5);
  }

  /** Creates a field whose source records in the journal what happens to it. */
  const field = (generate: (args: Arguments, journal: Journal, signal: AbortSignal) => AsyncIterable<unknown>) => ({
    async *subscribe(_parent: unknown, args: Arguments, { signal }: Context) {
      const journal = journalOf(args.run);
      signal.addEventListener('abort', () => {
        journal.aborts++;
      });
      journal.opened++;
      try {
        for await (const value of generate(args, journal, signal)) {
          journal.events++;
          yield value;
        }
      } finally {
        journal.closed++;
      }
    },
    resolve: (value: unknown) => value,
  });

  async function* ticks({ count, ms, hold }: Arguments, journal: Journal) {
    for (let tick = 1; tick <= count; tick++) {
      if (tick === hold) await untilOpen(journal);
      await sleep(ms);
      yield tick;
    }
  }

  const resolvers = {
    Query: {
      hello: () => 'world',
      journal: (_parent: unknown, { run }: Arguments) => journalOf(run),
      async untilAbort(_parent: unknown, { run }: Arguments, { signal }: Context) {
        journalOf(run).opened++;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return 'aborted';
      },
    },
    Mutation: {
      open(_parent: unknown, { run }: Arguments) {
        journalOf(run).open = true;
        return true;
      },
    },
    Subscription: {
      ticks: field(ticks),
      silent: field(async function* (_args, _journal, signal) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        yield* [];
      }),
      late: {
        async subscribe(_parent: unknown, { run }: Arguments, { signal }: Context) {
          const journal = journalOf(run);
          signal.addEventListener('abort', () => {
            journal.aborts++;
          });
          journal.opening++;
          await untilOpen(journal);
          journal.opened++;
          return {
            [Symbol.asyncIterator]() {
              return this;
            },
            next: () => new Promise(() => {}),
            async return() {
              journal.closed++;
              return { done: true, value: undefined };
            },
          };
        },
      },
      stores: {
        subscribe(_parent: unknown, { run }: Arguments) {
          const journal = journalOf(run);
          let tick = 0;
          see(journal);
          return {
            [Symbol.asyncIterator]() {
              return this;
            },
            async next() {
              see(journal);
              await sleep(5);
              see(journal);
              return { done: false, value: ++tick };
            },
            async return() {
              see(journal);
              journal.closed++;
              return { done: true, value: undefined };
            },
          };
        },
        resolve(tick: number, { run }: Arguments) {
          see(journalOf(run));
          return tick;
        },
      },
      bulk: field(async function* () {
        const text = 'x'.repeat(65_536);
        for (;;) yield text;
      }),
      throwing: field(async function* () {
        yield 1;
        throw new Error('A secret cause.');
      }),
      refused: {
        subscribe() {
          throw new Error('It cannot be opened.');
        },
      },
      odd: {
        ...field(async function* () {
          yield* [1, 2, 3];
        }),
        resolve(tick: number) {
          if (tick === 1) throw new Error('The first one.');
          return tick === 2 ? 2n : tick;
        },
      },
    },
  };

  const log = (message: unknown) => {
    for (const journal of journals.values()) journal.logged.push(String(message));
  };
  const createServer = (csrfPrevention: boolean) =>
    new ApolloServer<Context>({
      csrfPrevention,
      typeDefs,
      resolvers,
      plugins: [
        subscriptions({
          heartbeatIntervalMillis,
          share: ({ request }) => request.http?.headers.get('x-share'),
        }),
      ],
      includeStacktraceInErrorResponses: false,
      stopOnTerminationSignals: close !== undefined,
      logger: createLogger(log, log),
    });
  const options = { context: async ({ signal }: Context) => ({ signal }) };
  const createHandler = (csrfPrevention: boolean): FetchHandler<unknown[]> => {
    // Workers cannot create a server with graphql 17 outside of a request.
    if (close === undefined) return createFetchHandler(() => createServer(csrfPrevention), options);
    const server = createServer(csrfPrevention);
    return drain(createFetchHandler(server, options), { server, close, stopGracePeriodMillis: 2000 });
  };
  const graphql = createHandler(true);
  const unprotected = createHandler(false);

  return async function app(request, ...platform) {
    const { pathname } = new URL(request.url);
    if (pathname === '/graphql') {
      return await storage.run(request.headers.get('x-store') ?? 'none', () => graphql(request, ...platform));
    }
    if (pathname === '/unprotected') return await unprotected(request, ...platform);
    const { Response } = fetchAPIOf(platform);
    return new Response('<!doctype html>', { status: 200, headers: { 'content-type': 'text/html' } });
  };
}
