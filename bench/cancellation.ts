/** Measures what `./cancellation` costs, and prints the samples as JSON. */
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { type CancellationContext, cancellation } from '../src/cancellation.ts';
import { createFetchHandler } from '../src/index.ts';
import { assertResponse, hello, list, resolvers, typeDefs } from './app.ts';
import { compare } from './compare.ts';
import { fetchTarget, type Target } from './targets.ts';

const never = new AbortController().signal;

const subjects = {
  'without the signal': target(() => never),
  'with the signal': target(({ signal }) => signal),
  'with the plugin': target(({ signal }) => signal, cancellation()),
};
const cases = [hello, list(50)].map((operation) => ({ ...operation, headers: 6 }));
await compare(cases, subjects, assertResponse);

function target(
  signalOf: (argument: CancellationContext) => AbortSignal,
  ...plugins: readonly ApolloServerPlugin<CancellationContext>[]
): Target {
  return fetchTarget(async () => {
    const server = new ApolloServer<CancellationContext>({
      typeDefs,
      resolvers,
      // The cache control plugin listens to fields too, so it would hide the cost of listening.
      plugins: [ApolloServerPluginCacheControlDisabled(), ...plugins],
    });
    await server.start();
    return createFetchHandler(server, { context: async (argument) => ({ signal: signalOf(argument) }) });
  });
}
