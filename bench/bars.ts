/** The rows of `deployed-node` that the chart and the README show, and what they call them. */
export const deployedBars: readonly { readonly row: string; readonly label: string }[] = [
  { row: 'ours, drain(cors(…))', label: 'this package' },
  { row: 'Fastify, @fastify/cors, the drain plugin', label: '@as-integrations/fastify' },
  { row: 'startStandaloneServer, which has both', label: 'startStandaloneServer' },
  { row: 'Koa, @koa/cors, the drain plugin', label: '@as-integrations/koa' },
  { row: 'Express, cors, the drain plugin', label: '@as-integrations/express5' },
  { row: 'graphql-yoga, its CORS', label: 'graphql-yoga' },
];
