import type { Comparison } from './measure.ts';
import { direct, irreducible, ours } from './names.ts';
import { find, median, ratio, table } from './table.ts';

/** What one subject may cost at most, as a ratio to another. */
interface Goal {
  readonly what: string;
  readonly section: string;
  /** How the comparison's name begins. */
  readonly comparison: string;
  readonly one: string;
  readonly other: string;
  readonly atMost: number;
}

const next = '@as-integrations/next';
const yoga = 'graphql-yoga';
const standalone = 'startStandaloneServer';
const express5 = '@as-integrations/express5';
const floor = 'node:http + direct Apollo (the floor)';
const whatwg = 'ours through @whatwg-node/server, its Response';
const stream = 'ours, read to its end';
const iterator = "Apollo's iterator";
const body = 'direct, from the chunks of a body';

const goals: readonly Goal[] = [
  inProcess('hello over the irreducible line, Node', 'node', '{ hello }, 6', irreducible, 1.03),
  inProcess('hello over direct, Node', 'node', '{ hello }, 6', direct, 2.15),
  inProcess('hello over direct, Bun', 'bun', '{ hello }, 6', direct, 1.3),
  inProcess('hello over direct, Deno', 'deno', '{ hello }, 6', direct, 1.65),
  inProcess('50 × 5 over direct, Node', 'node', 'list of 50', direct, 1.1),
  inProcess('1,000 × 5 over direct, Node', 'node', 'list of 1,000', direct, 1.03),
  inProcess('hello against @as-integrations/next, Node', 'node', '{ hello }, 6', next, 0.78),
  inProcess('hello against graphql-yoga, Node', 'node', '{ hello }, 6', yoga, 0.5),
  inProcess('hello against graphql-http, Node', 'node', '{ hello }, 6', 'graphql-http', 0.4),
  endToEnd('through whatwg-node over the floor, 6 headers', '{ hello }, 6', floor, 1.45),
  endToEnd('through whatwg-node over the floor, 20 headers', '{ hello }, 20', floor, 1.35),
  endToEnd('through whatwg-node against standalone', '{ hello }, 6', standalone, 0.95),
  endToEnd('through whatwg-node against express5', '{ hello }, 6', express5, 0.75),
  endToEnd('through whatwg-node against graphql-yoga', '{ hello }, 6', yoga, 0.5),
  bestOnNode('as the README has it over the floor, Node', floor, 1.05),
  bestOnNode('as the README has it against fastify, Node', '@as-integrations/fastify', 0.95),
  bestOnNode('as the README has it against standalone, Node', standalone, 0.95),
  bestOnNode('as the README has it against express5, Node', express5, 0.75),
  bestOnNode('as the README has it against graphql-yoga, Node', yoga, 0.5),
  goal('1,000 chunks over the iterator, Node', 'streams-node', '1,000', stream, iterator, 2),
  goal('1,000 chunks over the iterator, Bun', 'streams-bun', '1,000', stream, iterator, 3.6),
  goal('1,000 chunks over the iterator, Deno', 'streams-deno', '1,000', stream, iterator, 1.6),
  goal('10 MB of variables over direct, CPU', 'large-body', 'CPU', ours, body, 2),
  goal('10 MB of variables over direct, peak memory', 'large-body', 'peak', ours, body, 1.1),
];

/** The goals beside what was measured. */
export function goalTable(sections: ReadonlyMap<string, readonly Comparison[]>): string {
  const measured = (section: string, name: string): Comparison => {
    const comparison = sections.get(section)?.find((comparison) => comparison.name.startsWith(name));
    if (comparison === undefined) throw new Error(`${section} has no comparison ${name}.`);
    return comparison;
  };
  const rows = goals.map(({ what, section, comparison, one, other, atMost }) => {
    const both = measured(section, comparison);
    return row(what, ratio(find(both, one), find(both, other)), atMost, '');
  });
  const heap = measured('heap', '{ hello }');
  const added = measured('start-up', 'Node, ms added');
  const perRequest = median(find(heap, ours).samples) - median(find(heap, irreducible).samples);
  return table(
    ['', 'at most', 'measured', ''],
    [
      ...rows,
      row('heap per request over the irreducible line, Node', perRequest / 1000, 1, ' kB'),
      row('start-up added to a process that has Apollo', median(find(added, 'ours').samples), 2, ' ms'),
    ],
  );
}

function row(what: string, measured: number, atMost: number, unit: string): string[] {
  return [what, `${atMost}${unit}`, `${measured.toFixed(2)}${unit}`, measured <= atMost ? 'met' : 'missed'];
}

function inProcess(what: string, runtime: string, comparison: string, other: string, atMost: number): Goal {
  return goal(what, `in-process-${runtime}`, comparison, ours, other, atMost);
}

function endToEnd(what: string, comparison: string, other: string, atMost: number): Goal {
  return goal(what, 'end-to-end-node', comparison, whatwg, other, atMost);
}

function bestOnNode(what: string, other: string, atMost: number): Goal {
  return goal(what, 'end-to-end-node', '{ hello }, 6', 'ours through ./node', other, atMost);
}

function goal(what: string, section: string, comparison: string, one: string, other: string, atMost: number): Goal {
  return { what, section, comparison, one, other, atMost };
}
