import type { ApolloServer, ApolloServerPlugin, BaseContext } from '@apollo/server';

/** A server, or a function that creates one from what the platform passes after the request. */
export type ServerSource<TContext extends BaseContext, Platform extends unknown[]> =
  | ApolloServer<TContext>
  | ((...platform: Platform) => ApolloServer<TContext> | PromiseLike<ApolloServer<TContext>>);

/** The server behind a handler, or a promise of it while its factory is still busy. */
type ServerGetter<TContext extends BaseContext, Platform extends unknown[]> = (
  platform: Platform,
) => ApolloServer<TContext> | Promise<ApolloServer<TContext>>;

/**
 * Creates and starts the server once, at the first request. If the factory or the start fails, the next request tries
 * again.
 *
 * @param plugin A plugin that each server needs.
 * @throws TypeError if `source` is neither a server nor a function.
 * @throws Error if there is a plugin for a server that has started already.
 */
export function createServerGetter<TContext extends BaseContext, Platform extends unknown[]>(
  source: ServerSource<TContext, Platform>,
  plugin?: ApolloServerPlugin | false,
): ServerGetter<TContext, Platform> {
  function prepare(server: ApolloServer<TContext>): void {
    checkServer(server);
    if (plugin) server.addPlugin(plugin);
  }

  // At set-up, because its owner may start it before the first request.
  if (typeof source !== 'function') prepare(source);
  let current: ReturnType<ServerGetter<TContext, Platform>> | undefined;

  function forget(): void {
    current = undefined;
  }

  function use(server: ApolloServer<TContext>): ApolloServer<TContext> {
    if (server !== source) prepare(server);
    current = server;
    startInBackground(server, forget);
    return server;
  }

  return function getServer(platform) {
    if (current !== undefined) return current;
    const made = typeof source === 'function' ? source(...platform) : source;
    if (!('then' in Object(made))) return use(made as ApolloServer<TContext>);
    current = Promise.resolve(made).then(use);
    current.catch(forget);
    return current;
  };
}

/** Recognises a server of any copy of Apollo Server, because a bundle may hold two. */
function checkServer(value: unknown): void {
  if (typeof Object(value).executeHTTPGraphQLRequest === 'function') return;
  throw new TypeError(`createFetchHandler needs an ApolloServer, or a function that returns one. Received ${value}.`);
}

/**
 * Starts a server that nobody has started yet.
 *
 * Apollo accepts plugins only until a start begins. No other public API distinguishes a new server from one whose owner
 * is starting it: `assertStarted()` throws for both, and a second start logs a false alarm.
 */
function startInBackground<TContext extends BaseContext>(server: ApolloServer<TContext>, onFailure: () => void): void {
  try {
    server.addPlugin({
      async startupDidFail() {
        onFailure();
      },
    });
    server.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests();
  } catch {
    // The start has already begun.
  }
}
