import { describe, expect, test } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import type { Host } from './host.ts';
import { allHosts, hosts } from './hosts.ts';

declare module 'vitest' {
  /** The information about a case in the results, besides whether it passed. */
  interface TaskMeta {
    rule?: string;
    /** Why the host does not pass the case. The case then counts as passed while it still fails. */
    gap?: string;
  }
}

/** Vitest's `test`, except that a case among the gaps of the host has to fail. */
export type TestOnHost = (name: string, run: () => Promise<void>, rule?: string) => void;

export interface Suite {
  /** The name of the suite. The gaps of the hosts refer to it. */
  readonly suite: string;
  /** Whether a host has the features that the suite needs. Default is that every host has them. */
  readonly needs?: (host: Host) => unknown;
  /** Whether the suite's client can speak HTTPS. Default `false`, which leaves out the hosts that serve only HTTPS. */
  readonly speaksTLS?: boolean;
}

/** Defines a suite for every selected host that has the features that the suite needs. */
export function describeHosts(
  { suite, needs = () => true, speaksTLS = false }: Suite,
  define: (host: Host, test: TestOnHost) => void,
): void {
  const isFit = ({ suites, ...host }: Host) =>
    (suites === undefined || suites.includes(suite)) && needs(host) && (speaksTLS || host.tls === undefined);
  const names = new Set<string>();
  for (const host of hosts.filter(isFit)) {
    describe(host.name, () => {
      define(host, (name, run, rule) => {
        names.add(name);
        const gap = host.gaps?.find((gap) => gap.suite === suite && gap.cases.includes(name))?.reason;
        const testCase = gap === undefined ? test : test.fails;
        const title = `${name}${rule ? ` [${rule}]` : ''}${gap ? `, known gap: ${gap}` : ''}`;
        testCase(title, { meta: { ...(rule && { rule }), ...(gap && { gap }) } }, run);
      });
    });
  }
  test('every gap names a case', () => {
    const gaps = allHosts.filter(isFit).flatMap(({ gaps = [] }) => gaps.filter((gap) => gap.suite === suite));
    expect([...names]).toEqual(expect.arrayContaining(gaps.flatMap(({ cases }) => cases)));
  });
}

/** Returns the output of a server without its URL and without the text that its host always prints. */
export function printedBy({ output }: Server, { prints }: Pick<Host, 'prints'>): string {
  return output()
    .replace(/^(Listening on )?http:\/\/[\d.:]+\/?$/gm, '')
    .replace(/^\{"event":"listen".*\}$/gm, '')
    .replace(prints ?? '', '')
    .trim();
}

/** The options for polling another process on a busy machine. */
export const patient = { timeout: 5_000, interval: 20 };
