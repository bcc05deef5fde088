/** Measures what each wrapper costs in process on the `RUNTIME`, and prints the samples as JSON. */
import type { ApolloServerPlugin } from '@apollo/server';
import { cors } from '../src/cors.ts';
import { deadline } from '../src/deadline.ts';
import { drain } from '../src/drain.ts';
import { httpCache } from '../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../src/index.ts';
import { subscriptions } from '../src/subscriptions.ts';
import { assertResponse, createApollo, deployedOrigins, headersOf, hello } from './app.ts';
import { compare } from './compare.ts';
import type { Target } from './targets.ts';

type Server = ReturnType<typeof createApollo>;
type Handler = FetchHandler<unknown[]>;

const options = { origin: deployedOrigins, credentials: true };
const close = () => {};

const subjects = {
  bare: target((handler) => handler),
  cors: target((handler) => cors(handler, options)),
  deadline: target((handler) => deadline(handler)),
  drain: target((handler, server) => drain(handler, { server, close })),
  'httpCache, a POST': target((handler) => httpCache(handler)),
  'subscriptions(), a query': target((handler) => handler, subscriptions()),
  'drain(cors(deadline(…)))': target((handler, server) => drain(cors(deadline(handler), options), { server, close })),
};
await compare([{ ...hello, headers: 6 }], subjects, assertResponse);

/** A page of another origin sends the request. */
function target(
  wrap: (handler: Handler, server: Server) => Handler,
  ...plugins: readonly ApolloServerPlugin[]
): Target {
  return async () => {
    const server = createApollo(plugins);
    const handler = wrap(createFetchHandler(server), server);
    await server.start();
    return (of) => {
      const headers = { ...headersOf(of, of.headers), origin: deployedOrigins[0] ?? '' };
      const init = { method: 'POST', headers, body: of.body };
      return async () => (await handler(new Request('http://localhost:4000/graphql', init))).text();
    };
  };
}
