import type { BaseContext, ContextFunction } from '@apollo/server';

/** The first argument of the context function. Destructure what you need: it may grow. */
export interface FetchContextFunctionArgument {
  /** The request as the platform passed it in. Its body has been read: see `body`. */
  readonly request: Request;
  /** Merged into the answer, over Apollo's own headers. `append` makes several `Set-Cookie` lines. */
  readonly responseHeaders: Headers;
  /** Aborts when the client goes away before its answer is complete, and never because it is complete. */
  readonly signal: AbortSignal;
  /** The parsed JSON body of a POST; `undefined` where there is none. */
  readonly body: unknown;
}

/** The class that answers are built with: the runtime's own, or what a bridge to Node puts in its place. */
export interface FetchAPI {
  readonly Response: new (
    body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
    init: { status: number; headers: Record<string, string> | Headers },
  ) => Response;
}

/** Options of `createFetchHandler`. */
export interface FetchHandlerOptions<TContext extends BaseContext, Platform extends unknown[]> {
  /**
   * Makes the context value. Called once a request, after CSRF prevention and after the body was read, with
   * {@link FetchContextFunctionArgument} and then whatever the platform passed after the request: annotate those
   * arguments, and the handler takes their types. An error it throws is answered by Apollo: a `GraphQLError` with the
   * status in its `extensions.http` (default 500), any other as a 500 `Context creation failed` with its message.
   */
  readonly context?: ContextFunction<[argument: FetchContextFunctionArgument, ...platform: Platform], TContext>;
  /** The largest request body, in bytes. Default 1,048,576 (1 MiB). A larger one is answered 413. */
  readonly maxBodyBytes?: number;
  /**
   * The most operations in one batch. Default 10. A larger batch is answered 400.
   * Only matters with Apollo's `allowBatchedHttpRequests`.
   */
  readonly maxBatchSize?: number;
  /**
   * The `Response` class that answers are built with. Default that of an argument of the platform's which has one, as
   * `./node` and `@whatwg-node/server` pass it, else the global one, looked up at each request.
   */
  readonly fetchAPI?: FetchAPI;
}

/** A fetch handler: `platform` is whatever the runtime passes after the request. It never rejects. */
export type FetchHandler<Platform extends unknown[]> = (request: Request, ...platform: Platform) => Promise<Response>;
