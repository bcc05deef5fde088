/** Measures NestJS with `ApolloDriver` and with `FetchDriver`, on both adapters, and prints the samples as JSON. */
import { headersOf, hello, list } from './app.ts';
import { measureServers, node } from './servers.ts';

const groups = {
  node: {
    'Express, ApolloDriver': node('nest', { ADAPTER: 'express', DRIVER: 'apollo' }),
    'Express, FetchDriver': node('nest', { ADAPTER: 'express' }),
    'Express, FetchDriver, bodyParser: false': node('nest', { ADAPTER: 'express', PARSER: 'off' }),
    'Fastify, ApolloDriver': node('nest', { ADAPTER: 'fastify', DRIVER: 'apollo' }),
    'Fastify, FetchDriver': node('nest', { ADAPTER: 'fastify' }),
  },
};

await measureServers(
  groups,
  [hello, list(50)].map((operation) => ({ name: operation.name, operation, headers: headersOf(operation, 6) })),
);
