import { type GraphQL, graphqls } from '../hosts/bundle.ts';
import type { Host } from '../hosts/host.ts';
import { allHosts, hostNamed } from '../hosts/hosts.ts';
import { type Start, starts } from './starts.ts';

/** One run of the suite. */
export interface SuiteRun {
  readonly name: string;
  readonly host: SuiteHost;
  readonly graphql: GraphQL;
  readonly start: Start;
}

export type SuiteHost = Pick<Host, 'id' | 'name' | 'program'>;

/** The hosts that run the suite with every version of graphql and every way to start the server. */
const thorough: readonly SuiteHost[] = ['node', 'deno', 'bun', 'workerd'].map(hostNamed);

export const runs: readonly SuiteRun[] = [
  ...thorough.flatMap((host) => graphqls.flatMap((graphql) => starts.map((start) => suiteRun(host, graphql, start)))),
  ...allHosts
    .filter((host) => !thorough.includes(host) && host.program !== undefined && host.tls === undefined)
    .map((host) => suiteRun(host, 'graphql', 'started')),
];

function suiteRun(host: SuiteHost, graphql: GraphQL, start: Start): SuiteRun {
  return { name: `${host.id}/${graphql}/${start}`, host, graphql, start };
}

/** Whether Apollo itself executes `@defer` and `@stream`. It does so only with exactly this version of graphql. */
export function isIncremental({ graphql }: SuiteRun): boolean {
  return graphql === 'graphql-17-alpha';
}
