import { describe, expect, test } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import type { Host } from './host.ts';
import { allHosts, hosts } from './hosts.ts';

declare module 'vitest' {
  /** What the results say of a case besides whether it passed. */
  interface TaskMeta {
    rule?: string;
    /** Why the host does not pass the case. Then a pass is that it still fails. */
    gap?: string;
  }
}

/** Vitest's `test`, but a case that is among the gaps of the host has to fail. */
export type TestOnHost = (name: string, run: () => Promise<void>, rule?: string) => void;

export interface Suite {
  /** The gaps of the hosts name it. */
  readonly suite: string;
  /** Whether a host has what the suite needs. Default every host has. */
  readonly needs?: (host: Host) => unknown;
  /** Whether its client can speak HTTPS. Default `false`: then the hosts that serve nothing else are left out. */
  readonly speaksTLS?: boolean;
}

/** Defines a suite on every host that was chosen and has what the suite needs. */
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

/** What a server has printed besides its URL and what its host always prints. */
export function printedBy({ output }: Server, { prints }: Host): string {
  return output()
    .replace(/^(Listening on )?http:\/\/[\d.:]+\/?$/gm, '')
    .replace(/^\{"event":"listen".*\}$/gm, '')
    .replace(prints ?? '', '')
    .trim();
}

/** The options of a poll of another process, on a busy machine. */
export const patient = { timeout: 5_000, interval: 20 };
