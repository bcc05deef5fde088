import type { ApolloServerPlugin } from '@apollo/server';
import { writeHeaders } from './core/headers.ts';
import type { FetchHandler } from './core/options.ts';
import { failurePart } from './core/stream.ts';

/** Options of `drain`. */
export interface DrainOptions {
  /** The server behind the handler, not started yet: it is given a plugin. */
  readonly server: {
    addPlugin(plugin: ApolloServerPlugin): void;
    readonly logger: { error(message: unknown): void };
  };
  /**
   * Makes the host accept no more connections, and settles when it has answered those it has. On Deno that is
   * `(): Promise<void> => listener.shutdown()`, on Bun `(): Promise<void> => listener.stop()`: with the return type,
   * since TypeScript cannot tell the types of the handler and of the listener from each other. Once the last request
   * has ended, it is waited for no longer than three seconds: a connection on which nothing is asked may never close.
   */
  readonly close: () => unknown;
  /** How long requests may take to end by themselves, in milliseconds. Default 10,000. */
  readonly stopGracePeriodMillis?: number;
}

/** What those that ignore their signal are left with, and then connections that do not close, in milliseconds. */
const LAST_WAIT = 3000;

/**
 * Lets a server stop without dropping a request. When Apollo Server stops, requests in flight, open streams included,
 * are waited for. Those that take longer than the grace period have their `signal` aborted.
 *
 * Apollo Server stops on SIGTERM and SIGINT by itself only where it was started with `await server.start()`; where the
 * first request starts it, set `stopOnTerminationSignals`.
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
export function drain<Platform extends unknown[]>(
  handler: FetchHandler<Platform>,
  { server, close, stopGracePeriodMillis = 10_000 }: DrainOptions,
): FetchHandler<Platform> {
  const inFlight = new Set<AbortController>();
  let isDraining = false;
  let onIdle = () => {};

  async function drainServer(): Promise<void> {
    isDraining = true;
    const idle = new Promise<void>((resolve) => {
      onIdle = resolve;
      if (inFlight.size === 0) resolve();
    });
    const closed = Promise.resolve()
      .then(close)
      .catch((error) => server.logger.error(error));
    if (!(await settlesWithin(idle, stopGracePeriodMillis))) {
      for (const request of inFlight) request.abort(new DOMException('The server is stopping.', 'AbortError'));
      await settlesWithin(idle, LAST_WAIT);
    }
    // The last answers are still being sent. A connection on which nothing was asked may stay open for ever.
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
    try {
      addSignal(request, stop.signal);
      let response = await handler(request, ...platform);
      // The host closes a connection that waits for a next request only once that request has timed out.
      if (isDraining) response = writeHeaders(response, (headers) => headers.set('connection', 'close'));
      if (isStream(response)) return new Response(watch(response.body, stop.signal, onEnd), response);
      onEnd();
      return response;
    } catch (error) {
      onEnd();
      throw error;
    }
  };
}

/**
 * Makes a signal abort that of the request, which not every bridge makes such that `new Request` could copy it. Not
 * before somebody asks for the signal: Deno prints a warning to those who do.
 */
function addSignal(request: Request, added: AbortSignal): void {
  const prototype = Object.getPrototypeOf(request);
  let signal: AbortSignal | undefined;
  Object.defineProperty(request, 'signal', {
    configurable: true,
    get() {
      signal ??= AbortSignal.any([Reflect.get(prototype, 'signal', request), added]);
      return signal;
    },
  });
}

/** By its media type: to touch the body of a complete answer would make a stream of it. */
function isStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  return /^multipart\//.test(response.headers.get('content-type') ?? '') && response.body !== null;
}

/**
 * The same stream, and word of its end: that it was read to it, failed, or was closed because its client left. One that
 * is broken off says so: its client is still there.
 */
function watch(body: ReadableStream<Uint8Array>, stop: AbortSignal, onEnd: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let parts = 0;
  reader.closed.then(onEnd, onEnd);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) {
          parts++;
          controller.enqueue(value);
          return;
        }
        if (stop.aborted) controller.enqueue(new TextEncoder().encode(failurePart(parts === 0)));
        controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  const isSettled = await Promise.race([promise.then(() => true), timeout]);
  clearTimeout(timer);
  return isSettled;
}
