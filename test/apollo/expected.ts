import { isIncremental, type Runtime, type Start, type Target } from './targets.ts';

/** Cases that are known to fail. */
interface ExpectedFailure {
  readonly on: { readonly runtime?: Runtime; readonly start?: Start };
  readonly reason: string;
  /** Now and then they pass all the same. They count as failed even then, so that two runs have the same numbers. */
  readonly unsteady?: true;
  readonly cases: readonly string[];
}

/** The one place where an expectation gives way; an entry that does not fail, fails the run. */
const expectedFailures: readonly ExpectedFailure[] = [
  {
    on: { start: 'first-request' },
    reason: 'sends no request before it stops the server or looks at its gateway, so nothing has started it',
    cases: [
      'apolloServerTests.ts › lockstep versioning of @apollo/server and @apollo/server-integration-testsuite',
      'apolloServerTests.ts › lifecycle › context field › as a function › can accept nothing and return an empty object',
      'apolloServerTests.ts › lifecycle › context field › as an object › can be an empty object',
      'apolloServerTests.ts › lifecycle › context field › as an object › can contain arbitrary values',
      'apolloServerTests.ts › Gateway › passes apollo data to the gateway',
    ],
  },
  {
    on: { runtime: 'bun' },
    reason: 'asserts the words in which Node’s fetch says that it failed',
    cases: [
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with network error',
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with timeout',
    ],
  },
  {
    on: { runtime: 'workerd-mended' },
    reason: 'asserts the words in which Node’s fetch says that it failed',
    cases: [
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with network error',
    ],
  },
  {
    on: { runtime: 'workerd' },
    reason:
      'workerd’s `Buffer.utf8Write` throws where Apollo writes a report or a trace (`workerd-mended.ts` mends it)',
    cases: [
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › cachePolicy',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › does not expose stack',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › sets the trace key to operationName when it is defined',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › sets the trace key to unknown operation for missing operation',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › sets the trace key to parse failure when non-parsable gql',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › sets the trace key to validation failure when invalid operation',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › sets the trace key to "-" when operationName is undefined',
      "apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › doesn't resort to query body signature on `didResolveOperation` error",
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › error munging › sendErrors › new error',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › error munging › sendErrors › modified error',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › error munging › sendErrors › nulled error',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › error munging › undefined error',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › error munging › unmodified',
      'apolloServerTests.ts › lifecycle › for Apollo usage reporting › traces › error munging › masked',
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with retryable error',
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with network error',
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with timeout',
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with non-retryable error',
      'apolloServerTests.ts › Federated tracing › with nullable _Service.sdl field › includes errors in federated trace',
      'apolloServerTests.ts › Federated tracing › with non-nullable _Service.sdl! field › includes errors in federated trace',
    ],
  },
  ...(['workerd', 'workerd-mended'] as const).map((runtime) => ({
    on: { runtime },
    reason: 'takes the time of a request, which is often less than the millisecond that workerd’s clock can tell',
    unsteady: true as const,
    cases: [
      'apolloServerTests.ts › Federated tracing › with nullable _Service.sdl field › reports a total duration that is longer than the duration of its resolvers',
      'apolloServerTests.ts › Federated tracing › with non-nullable _Service.sdl! field › reports a total duration that is longer than the duration of its resolvers',
    ],
  })),
];

/** The number of cases in the suite, and of those among them that are only run with incremental delivery. */
const total = 270;
const incremental = 24;

export interface Expectation {
  readonly total: number;
  /** By the name of the case. */
  readonly failures: ReadonlyMap<string, { readonly reason: string; readonly isSteady: boolean }>;
}

export function expectationOf(target: Target): Expectation {
  const here = expectedFailures.filter(
    ({ on: { runtime = target.runtime, start = target.start } }) =>
      runtime === target.runtime && start === target.start,
  );
  return {
    total: isIncremental(target) ? total : total - incremental,
    failures: new Map(
      here.flatMap(({ cases, reason, unsteady = false }) =>
        cases.map((name) => [name, { reason, isSteady: !unsteady }] as const),
      ),
    ),
  };
}
