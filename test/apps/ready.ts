import { ApolloServer } from '@apollo/server';
import { fetchAPIOf } from '../../src/core/platform.ts';
import { drain, isStopping } from '../../src/drain.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import type { AppOptions } from './index.ts';

/** More than all buffers between a server and a client that does not read. */
export const largeBytes: number = 32 * 1024 * 1024;

/** How long the server accepts connections after SIGTERM, in milliseconds. */
const closeDelayMillis = 1500;

/** Creates the application that a proxy restarts without losing a request. `/ready` tells the proxy when to leave. */
export function createApp({ close }: AppOptions = {}): FetchHandler<unknown[]> {
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String! large: String! }',
    resolvers: { Query: { hello: () => 'world', large: () => 'x'.repeat(largeBytes) } },
    stopOnTerminationSignals: true,
  });
  if (close === undefined) throw new Error('The host cannot stop listening.');
  const handler = drain(createFetchHandler(server), {
    server,
    close,
    closeDelayMillis,
  });

  return async function app(request, ...platform) {
    if (new URL(request.url).pathname !== '/ready') return await handler(request, ...platform);
    const { Response } = fetchAPIOf(platform);
    return new Response(null, { status: isStopping(server) ? 503 : 204, headers: {} });
  };
}
