export const runtimes = ['node', 'deno', 'bun', 'workerd'] as const;
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
  graphqls.flatMap((graphql) =>
    starts.map((start) => ({ name: `${runtime}/${graphql}/${start}`, runtime, graphql, start })),
  ),
);

/** Apollo executes `@defer` and `@stream` itself with exactly this version of graphql. */
export function isIncremental({ graphql }: Target): boolean {
  return graphql === 'graphql-17-alpha';
}
