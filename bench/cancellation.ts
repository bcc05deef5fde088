/** What `./cancellation` costs: CPU time per operation, in process, each variant in turn; the median of the rounds. */
import process from 'node:process';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { type CancellationContext, cancellation } from '../src/cancellation.ts';
import { createFetchHandler } from '../src/index.ts';

const rounds = 15;
const operations = { hello: '{ hello }', '50 items of 5 fields': '{ items { a b c d e } }' };

function createHandler(plugins: readonly ApolloServerPlugin<CancellationContext>[], context: 'signal' | 'nothing') {
  // A schema of its own: a plugin that listens to fields wraps the resolvers for good.
  const server = new ApolloServer<CancellationContext>({
    typeDefs: 'type Query { hello: String items: [Item] } type Item { a: Int b: Int c: Int d: Int e: Int }',
    resolvers: { Query: { hello: () => 'world', items: () => items } },
    // Off, because it listens to fields as well, and would hide what that costs.
    plugins: [ApolloServerPluginCacheControlDisabled(), ...plugins],
  });
  const never = new AbortController().signal;
  return createFetchHandler(server, {
    context: async (argument) => ({ signal: context === 'signal' ? argument.signal : never }),
  });
}

const items = Array.from({ length: 50 }, (_, n) => ({ a: n, b: n, c: n, d: n, e: n }));

const variants = {
  'without the signal': createHandler([], 'nothing'),
  'with the signal': createHandler([], 'signal'),
  'with the plugin': createHandler([cancellation()], 'signal'),
};

async function measure(handler: (request: Request) => Promise<Response>, query: string): Promise<number> {
  const count = 2_000;
  const body = JSON.stringify({ query });
  const headers = { 'content-type': 'application/json' };
  const before = process.cpuUsage();
  for (let n = 0; n < count; n++) {
    const response = await handler(new Request('http://localhost/', { method: 'POST', headers, body }));
    await response.text();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const table: Record<string, Record<string, string>> = {};
for (const [operation, query] of Object.entries(operations)) {
  const times = Object.fromEntries(Object.keys(variants).map((variant): [string, number[]] => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [variant, handler] of Object.entries(variants)) {
      const time = await measure(handler, query);
      // The first rounds warm up.
      if (round > 2) times[variant]?.push(time);
    }
  }
  const base = median(times['without the signal'] ?? []);
  table[operation] = Object.fromEntries(
    Object.entries(times).map(([variant, values]) => {
      const time = median(values);
      return [variant, `${time.toFixed(1)} µs (${(time / base).toFixed(2)}×)`];
    }),
  );
}
console.table(table);
