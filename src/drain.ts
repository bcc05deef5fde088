/**
 * Lets a server stop without dropping a request: `import { drain } from 'apollo-server-integration-fetch/drain'`.
 *
 * @module
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { checkNumber, maxTimerMillis } from './core/limits.ts';
import { logSafely } from './core/log.ts';
import type { FetchHandler } from './core/options.ts';
import { InFlight } from './drain/in-flight.ts';
import { within } from './shared/wait.ts';

/** The members that are used of an Apollo Server. */
export interface DrainedServer {
  addPlugin(plugin: ApolloServerPlugin): void;
  readonly logger: { error(message: unknown): void };
}

/** Options of `drain`. */
export interface DrainOptions {
  /** The server behind the handler. It must not have been started yet, because `drain` adds a plugin to it. */
  readonly server: DrainedServer;
  /**
   * Makes the host accept no more connections, and settles when all connections are closed and all responses are sent.
   * `drain` waits for it until the grace period ends. On Deno that is `(): Promise<void> => listener.shutdown()`, on
   * Bun
   * `(): Promise<void> => listener.stop()`. The return type is needed, because TypeScript cannot infer the types of the
   * handler and of the listener from each other.
   *
   * All hosts close connections that have been used and are idle. Deno also closes connections on which no whole head
   * has arrived, and Node.js keeps those open on which nothing has arrived yet.
   */
  readonly close: () => unknown;
  /**
   * How long the server goes on accepting connections after it was told to stop, in milliseconds. A load balancer needs
   * this time to notice that {@link isStopping} is true.
   *
   * @default 0
   */
  readonly closeDelayMillis?: number;
  /**
   * How long requests may take after `close` was called, until their responses are sent, in milliseconds.
   *
   * @default 10_000
   */
  readonly stopGracePeriodMillis?: number;
}

/** How long to wait for requests whose signal was aborted, in milliseconds. */
const LAST_WAIT = 3000;

const stopping = new WeakSet<DrainedServer>();

/**
 * Whether a server that is drained was told to stop. A readiness check that fails from then on keeps new requests away
 * while the server still accepts them: see `closeDelayMillis`.
 *
 * @param server The server that was given to {@link drain}.
 * @returns `true` from the moment when the server begins to stop.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { isStopping } from 'apollo-server-integration-fetch/drain';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 * export const ready = (): Response => new Response(null, { status: isStopping(server) ? 503 : 204 });
 * ```
 */
export function isStopping(server: DrainedServer): boolean {
  return stopping.has(server);
}

/**
 * Lets a server stop without dropping a request. When Apollo Server stops, this waits until the host has sent all
 * responses, open streams included, and those to requests that still arrive on open connections. The `signal` of a
 * request that takes longer than the grace period is aborted, and three seconds later the server stops in any case.
 *
 * Open subscriptions are not waited for: `./subscriptions` ends them, and a connection whose client does not read is
 * cut off. Deno, Bun and `@whatwg-node/server` cannot do this, so they wait for it until the grace period ends.
 *
 * Apollo Server stops on SIGTERM and SIGINT by itself only if it was started with `await server.start()`. If the first
 * request starts it, set `stopOnTerminationSignals`.
 *
 * @param handler The handler to wrap.
 * @param options The server, and how its host stops.
 * @returns A handler of the same kind.
 * @throws Error if the server has started already.
 * @throws RangeError unless both times are numbers from 0 to 2 ** 31 - 1.
 * @see https://www.apollographql.com/docs/apollo-server/integrations/plugins-event-reference#drainserver
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { drain } from 'apollo-server-integration-fetch/drain';
 * import { createRequestListener } from 'apollo-server-integration-fetch/node';
 *
 * const server = new ApolloServer({
 *   typeDefs: 'type Query { hello: String }',
 *   stopOnTerminationSignals: true,
 * });
 * const handler = drain(createFetchHandler(server), {
 *   server,
 *   close: () => new Promise((resolve) => listener.close(resolve)),
 * });
 * const listener = createServer(createRequestListener(handler)).listen(4000);
 * ```
 */
export function drain<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  options: DrainOptions,
): FetchHandler<Platform, TRequest> {
  const { server, close, closeDelayMillis = 0, stopGracePeriodMillis = 10_000 } = options;
  checkNumber('closeDelayMillis', closeDelayMillis, 0, maxTimerMillis);
  checkNumber('stopGracePeriodMillis', stopGracePeriodMillis, 0, maxTimerMillis);
  const inFlight = new Set<InFlight>();
  let phase: 'serving' | 'stopping' | 'closing' | 'overdue' = 'serving';
  let onIdle = () => {};

  /** Settles when no request is in flight. */
  function idle(): Promise<void> {
    return new Promise((resolve) => {
      onIdle = resolve;
      if (inFlight.size === 0) resolve();
    });
  }

  function onEnd(request: InFlight): void {
    inFlight.delete(request);
    if (inFlight.size === 0) onIdle();
  }

  async function drainServer(): Promise<void> {
    stopping.add(server);
    phase = 'stopping';
    if (closeDelayMillis > 0) await new Promise((resolve) => setTimeout(resolve, closeDelayMillis));
    phase = 'closing';
    // Only the host knows when a response has been sent, and whether a request is arriving. Not every `close` waits for
    // the requests that the handler is busy with.
    const ended = Promise.resolve()
      .then(close)
      .catch((error) => logSafely(() => server.logger.error(error)))
      .then(idle);
    for (const request of inFlight) request.failUnread();
    if ((await settlesWithin(ended, stopGracePeriodMillis)) || inFlight.size === 0) return;
    phase = 'overdue';
    for (const request of inFlight) request.abort();
    await settlesWithin(ended, LAST_WAIT);
  }

  server.addPlugin({ serverWillStart: async () => ({ drainServer }) });

  return async function drainHandler(request, ...platform) {
    const flight = new InFlight(request, phase === 'overdue', onEnd);
    inFlight.add(flight);
    try {
      return flight.respond(await handler(request, ...platform), phase !== 'serving');
    } catch (error) {
      flight.end();
      throw error;
    }
  };
}

async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return await within(milliseconds, () => promise).then(
    () => true,
    () => false,
  );
}
