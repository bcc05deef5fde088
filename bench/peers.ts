import type { Comparison } from './measure.ts';
import { ours } from './names.ts';
import { find, ratio, table } from './table.ts';

/** The columns of the table. `section` measures the host, and `us` names this package in that section. */
const hosts = [
  { title: 'Node', section: 'end-to-end-node', us: 'ours through ./node' },
  { title: 'Bun', section: 'end-to-end-bun', us: 'ours' },
  { title: 'Deno', section: 'end-to-end-deno', us: 'ours' },
  { title: 'workerd', section: 'end-to-end-workerd', us: 'ours' },
  { title: 'Node, in process', section: 'in-process-node', us: ours },
  { title: 'Bun, in process', section: 'in-process-bun', us: ours },
  { title: 'Deno, in process', section: 'in-process-deno', us: ours },
] as const;

const peers = [
  'startStandaloneServer',
  '@as-integrations/fastify',
  '@as-integrations/koa',
  '@as-integrations/express5',
  '@as-integrations/next',
  '@as-integrations/cloudflare-workers',
  'graphql-yoga',
  'graphql-http',
  '@hono/graphql-server',
] as const;

/** The CPU time that this package takes for `{ hello }` with 6 headers, as a ratio to each peer on each host. */
export function peerTable(sections: ReadonlyMap<string, readonly Comparison[]>): string {
  const rows = peers.map((peer) => [
    peer,
    ...hosts.map(({ section, us }) => {
      const [hello] = sections.get(section) ?? [];
      const isMeasured = hello?.results.some(({ name }) => name === peer);
      return hello && isMeasured ? ratio(find(hello, us), find(hello, peer)).toFixed(2) : '';
    }),
  ]);
  return [
    'The CPU time of this package for `{ hello }`, as a ratio to that of each peer: below 1, this package takes less.',
    '',
    table(['', ...hosts.map(({ title }) => title)], rows),
  ].join('\n');
}
