import type { ApolloServerPlugin } from '@apollo/server';
import type { FetchHandler } from './core/options.ts';
import { writeHeaders } from './shared/headers.ts';
import { replaceSignal } from './shared/signal.ts';
import { within } from './shared/wait.ts';
import { isStream, protocolOf, watch } from './shared/watch.ts';

/** Options of `drain`. */
export interface DrainOptions {
  /** The server behind the handler. It must not have been started yet, because `drain` adds a plugin to it. */
  readonly server: {
    addPlugin(plugin: ApolloServerPlugin): void;
    readonly logger: { error(message: unknown): void };
  };
  /**
   * Makes the host accept no more connections, and settles when its open connections are closed. On Deno that is
   * `(): Promise<void> => listener.shutdown()`, on Bun `(): Promise<void> => listener.stop()`. The return type is
   * needed, because TypeScript cannot infer the types of the handler and of the listener from each other. After the
   * last request has ended, `drain` waits for `close` for at most three seconds, because an idle connection may never
   * close.
   */
  readonly close: () => unknown;
  /** How long requests may take to end by themselves, in milliseconds. Default 10,000. */
  readonly stopGracePeriodMillis?: number;
}

/** How long to wait for requests whose signal was aborted, and for connections that are idle, in milliseconds. */
const LAST_WAIT = 3000;

/**
 * Lets a server stop without dropping a request. When Apollo Server stops, this waits for the requests in flight, open
 * streams included, and for those that still arrive on open connections. The `signal` of a request that takes longer
 * than the grace period is aborted.
 *
 * Apollo Server stops on SIGTERM and SIGINT by itself only if it was started with `await server.start()`. If the first
 * request starts it, set `stopOnTerminationSignals`.
 *
 * @throws Error if the server has started already.
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
  { server, close, stopGracePeriodMillis = 10_000 }: DrainOptions,
): FetchHandler<Platform, TRequest> {
  const inFlight = new Set<AbortController>();
  let isDraining = false;
  let isOverdue = false;
  let onBusy = () => {};
  let onIdle = () => {};

  /** Settles when a request begins. */
  function busy(): Promise<void> {
    return new Promise((resolve) => {
      onBusy = resolve;
    });
  }

  /** Settles when no request is in flight. */
  function idle(): Promise<void> {
    return new Promise((resolve) => {
      onIdle = resolve;
      if (inFlight.size === 0) resolve();
    });
  }

  function abort(request: AbortController): void {
    request.abort(new DOMException('The server is stopping.', 'AbortError'));
  }

  async function drainServer(): Promise<void> {
    isDraining = true;
    const closed = Promise.resolve()
      .then(close)
      .catch((error) => server.logger.error(error));
    const graceEnd = performance.now() + stopGracePeriodMillis;
    while (await settlesWithin(idle(), graceEnd - performance.now())) {
      // The last responses are still being sent, and the head of a further request may still be arriving. That request
      // gets what is left of the grace period. A connection that stays idle is not waited for.
      await settlesWithin(Promise.race([closed, busy()]), LAST_WAIT);
      if (inFlight.size === 0) return;
    }
    isOverdue = true;
    for (const request of inFlight) abort(request);
    await settlesWithin(idle(), LAST_WAIT);
    await settlesWithin(closed, LAST_WAIT);
  }

  server.addPlugin({ serverWillStart: async () => ({ drainServer }) });

  return async function drainHandler(request, ...platform) {
    const stop = new AbortController();
    const onEnd = () => {
      inFlight.delete(stop);
      if (inFlight.size === 0) onIdle();
    };
    inFlight.add(stop);
    onBusy();
    if (isOverdue) abort(stop);
    try {
      addSignal(request, stop.signal);
      let response = await handler(request, ...platform);
      const protocol = protocolOf(response);
      // Without this header, the host keeps an idle connection open for a while. A subscription gets it from the start:
      // when the server stops, it is too late for a header.
      if (isDraining || protocol) response = writeHeaders(response, (headers) => headers.set('connection', 'close'));
      if (isStream(response)) return new Response(watch(response.body, stop.signal, protocol, onEnd), response);
      onEnd();
      return response;
    } catch (error) {
      onEnd();
      throw error;
    }
  };
}

/** Makes the request's own signal abort when `added` aborts, too. */
function addSignal(request: Request, added: AbortSignal): void {
  replaceSignal(request, (own) => {
    const inner = own();
    return inner === undefined ? added : anyOf(inner, added);
  });
}

function anyOf(inner: AbortSignal, added: AbortSignal): AbortSignal {
  try {
    return AbortSignal.any([inner, added]);
  } catch {
    // @whatwg-node/server has signals of its own, which Node.js 26 refuses here.
    const controller = new AbortController();
    for (const signal of [inner, added]) {
      const abort = () => controller.abort(signal.reason);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    }
    return controller.signal;
  }
}

async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return await within(milliseconds, () => promise).then(
    () => true,
    () => false,
  );
}
