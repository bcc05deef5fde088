export const runtimes = ['node', 'deno', 'bun', 'workerd', 'workerd-mended'] as const;
export type Runtime = (typeof runtimes)[number];

/** The packages of this repository that `graphql` is resolved to. */
export const graphqls = ['graphql', 'graphql-17-alpha', 'graphql-17'] as const;
export type GraphQL = (typeof graphqls)[number];

/**
 * Who starts the server: its owner, before it is served; its owner, in the background, as Apollo recommends for
 * serverless hosts; or nobody, so that the handler does at the first request.
 */
export const starts = ['started', 'background', 'first-request'] as const;
export type Start = (typeof starts)[number];

/** One run of the suite. */
export interface Target {
  readonly name: string;
  readonly runtime: Runtime;
  readonly graphql: GraphQL;
  readonly start: Start;
}

export const targets: readonly Target[] = runtimes.flatMap((runtime) =>
  // What workerd lacks is the same each time, and every report that does not arrive is waited for 5 seconds.
  runtime === 'workerd'
    ? [target(runtime, 'graphql', 'started')]
    : graphqls.flatMap((graphql) => starts.map((start) => target(runtime, graphql, start))),
);

function target(runtime: Runtime, graphql: GraphQL, start: Start): Target {
  return { name: `${runtime}/${graphql}/${start}`, runtime, graphql, start };
}

/** Apollo executes `@defer` and `@stream` itself with exactly this version of graphql. */
export function isIncremental({ graphql }: Target): boolean {
  return graphql === 'graphql-17-alpha';
}
