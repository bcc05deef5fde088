/** Measures servers as people deploy them, with CORS and a graceful stop, and prints the samples as JSON. */
import { headersOf, hello, list, type Operation } from './app.ts';
import { bun, deno, measureServers, node, workerd } from './servers.ts';

/** What `handlers/deployed.ts` puts around the handler, by the name of the row. */
const ours = {
  'ours, bare': '',
  'ours, cors': 'cors',
  'ours, drain': 'drain',
  'ours, observe': 'observe',
  'ours, tracing without a provider': 'tracing',
  'ours, drain(cors(…))': 'drain cors',
  'ours, deadline': 'deadline',
  'ours, drain(cors(deadline(…)))': 'drain cors deadline',
  'ours, drain(cors(…)) and subscriptions()': 'drain cors subscriptions',
  'ours, drain(cors(…)) and two cookies': 'drain cors cookies',
};

/** Makes a row for each set of features. A Worker is never stopped, so it has no `drain`. */
function rows<Launch>(launch: (name: string, features: string) => Launch, left = ''): Record<string, Launch> {
  return Object.fromEntries(
    Object.entries(ours)
      .filter(([, features]) => left === '' || !features.includes(left))
      .map(([name, features]) => [name, launch('deployed', features)]),
  );
}

const groups = {
  node: {
    ...rows((name, FEATURES) => node(name, { FEATURES })),
    'Fastify, @fastify/cors, the drain plugin': node('deployed-fastify'),
    'Koa, @koa/cors, the drain plugin': node('deployed-koa'),
    'Express, cors, the drain plugin': node('deployed-express'),
    'startStandaloneServer, which has both': node('standalone'),
    'graphql-yoga, its CORS': node('yoga'),
  },
  bun: { ...rows((name, FEATURES) => bun(name, { FEATURES })), 'graphql-yoga, its CORS': bun('yoga') },
  deno: { ...rows((name, FEATURES) => deno(name, { FEATURES })), 'graphql-yoga, its CORS': deno('yoga') },
  workerd: {
    ...rows((name, FEATURES) => workerd(name, 'wrangler.toml', { FEATURES }), 'drain'),
    'graphql-yoga, its CORS': workerd('yoga'),
  },
};

function caseOf(operation: Operation, origin: Readonly<Record<string, string>>) {
  const name = `${operation.name}, ${origin.origin === undefined ? 'no origin' : 'an origin'}`;
  return { name, operation, headers: { ...headersOf(operation, 6), ...origin } };
}

const origin = { origin: 'https://app.example.com' };
await measureServers(groups, [caseOf(hello, origin), caseOf(hello, {}), caseOf(list(50), origin)]);
