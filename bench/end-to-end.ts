/** Measures servers that do nothing but respond, and prints the samples as JSON. */
import { headersOf, hello, list } from './app.ts';
import { bun, deno, measureServers, node, workerd } from './servers.ts';

const groups = {
  node: {
    'node:http + direct Apollo (the floor)': node('floor'),
    'ours through ./node': node('ours-node'),
    'ours through srvx, its FastResponse': node('ours-srvx'),
    'ours through srvx, its FastResponse and toRequest': node('ours-srvx-to-request'),
    'ours through @hono/node-server': node('ours-hono'),
    'ours through @whatwg-node/server, its Response': node('ours-whatwg'),
    'ours through @whatwg-node/server, global Response': node('ours-whatwg-global'),
    '@as-integrations/fastify': node('fastify'),
    startStandaloneServer: node('standalone'),
    '@as-integrations/koa': node('koa'),
    '@as-integrations/express5': node('express5'),
    'graphql-yoga': node('yoga'),
  },
  bun: { 'plain handler': bun('plain'), ours: bun('ours'), 'graphql-yoga': bun('yoga') },
  deno: { 'plain handler': deno('plain'), ours: deno('ours'), 'graphql-yoga': deno('yoga') },
  workerd: {
    'plain handler': workerd('plain'),
    ours: workerd('ours'),
    'ours, with the aliases': workerd('ours', 'aliased.toml'),
    'graphql-yoga': workerd('yoga'),
  },
};

const cases = [
  { operation: hello, count: 6 },
  { operation: hello, count: 20 },
  { operation: list(50), count: 6 },
].map(({ operation, count }) => ({
  name: `${operation.name}, ${count} headers`,
  operation,
  headers: headersOf(operation, count),
}));

await measureServers(groups, cases);
