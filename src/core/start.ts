import type { ApolloServer, BaseContext } from '@apollo/server';

/** A server, or the function that makes it once the platform has passed what it is made of. */
export type ServerSource<TContext extends BaseContext, Platform extends unknown[]> =
  | ApolloServer<TContext>
  | ((...platform: Platform) => ApolloServer<TContext>);

/**
 * The server behind a handler, made and started at the first request. A server that failed to start is looked at
 * again at the next request, and so is a factory called again.
 */
export function createServerGetter<TContext extends BaseContext, Platform extends unknown[]>(
  source: ServerSource<TContext, Platform>,
): (platform: Platform) => ApolloServer<TContext> {
  let current: ApolloServer<TContext> | undefined;
  return function getServer(platform) {
    if (current === undefined) {
      current = typeof source === 'function' ? source(...platform) : source;
      startInBackground(current, () => {
        current = undefined;
      });
    }
    return current;
  };
}

/**
 * Starts a server that nobody has started yet.
 *
 * Apollo accepts plugins only until a start has begun, whoever began it: the one public sign that tells a new server
 * from one that is started, starting or failed. `assertStarted()` throws for a server that its owner is just starting,
 * and a second start logs that every request will fail.
 */
function startInBackground<TContext extends BaseContext>(server: ApolloServer<TContext>, onFailure: () => void): void {
  try {
    server.addPlugin({
      async startupDidFail() {
        onFailure();
      },
    });
  } catch {
    return;
  }
  server.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests();
}
