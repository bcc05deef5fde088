import { isIncremental, type SuiteRun } from './runs.ts';
import type { Start } from './starts.ts';

/** Cases that are known to fail. */
interface ExpectedFailure {
  /** The runs in which they fail: the id of the host, and how the server is started. */
  readonly on: { readonly host?: string; readonly start?: Start };
  readonly reason: string;
  /** Whether they sometimes pass. They still count as failed then, so that the numbers of two runs are equal. */
  readonly unsteady?: true;
  readonly cases: readonly string[];
}

/** The only cases that may fail. A run fails if one of them passes, unless it is marked as `unsteady`. */
const expectedFailures: readonly ExpectedFailure[] = [
  {
    on: { start: 'first-request' },
    reason:
      'the case sends no request before it stops the server or looks at its gateway, so nothing has started the server',
    cases: [
      'apolloServerTests.ts › lockstep versioning of @apollo/server and @apollo/server-integration-testsuite',
      'apolloServerTests.ts › lifecycle › context field › as a function › can accept nothing and return an empty object',
      'apolloServerTests.ts › lifecycle › context field › as an object › can be an empty object',
      'apolloServerTests.ts › lifecycle › context field › as an object › can contain arbitrary values',
      'apolloServerTests.ts › Gateway › passes apollo data to the gateway',
    ],
  },
  {
    on: { host: 'bun' },
    reason: 'the case expects the error message of Node’s fetch',
    cases: [
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with network error',
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with timeout',
    ],
  },
  {
    on: { host: 'whatwg-compressed' },
    reason: 'a compressed response has no content-length',
    cases: [
      'httpServerTests.ts › graphqlHTTP › responses have content-length headers',
      'httpServerTests.ts › graphqlHTTP › can handle batch requests',
    ],
  },
  {
    on: { host: 'workerd' },
    reason: 'the case expects the error message of Node’s fetch',
    cases: [
      'apolloServerTests.ts › usage reporting › graphql server functions even when Apollo servers are down › with network error',
    ],
  },
  {
    on: { host: 'workerd' },
    reason: 'the case measures a request that often takes less than a millisecond, the precision of workerd’s clock',
    unsteady: true,
    cases: [
      'apolloServerTests.ts › Federated tracing › with nullable _Service.sdl field › reports a total duration that is longer than the duration of its resolvers',
      'apolloServerTests.ts › Federated tracing › with non-nullable _Service.sdl! field › reports a total duration that is longer than the duration of its resolvers',
    ],
  },
];

/** The number of cases in the suite, and how many of them run only with incremental delivery. */
const total = 270;
const incremental = 24;

export interface Expectation {
  readonly total: number;
  /** The keys are the names of the cases. */
  readonly failures: ReadonlyMap<string, { readonly reason: string; readonly isSteady: boolean }>;
}

export function expectationOf(run: SuiteRun): Expectation {
  const here = expectedFailures.filter(
    ({ on: { host = run.host.id, start = run.start } }) => host === run.host.id && start === run.start,
  );
  return {
    total: isIncremental(run) ? total : total - incremental,
    failures: new Map(
      here.flatMap(({ cases, reason, unsteady = false }) =>
        cases.map((name) => [name, { reason, isSteady: !unsteady }] as const),
      ),
    ),
  };
}
