import type { BaseContext, ContextFunction, HTTPGraphQLRequest } from '@apollo/server';

/** The first argument of the context function. It may be spread, copied and returned. */
export interface FetchContextFunctionArgument<TRequest extends Request = Request> {
  /** The request as the platform passed it in. Its body has been read: see `body`. */
  readonly request: TRequest;
  /** Headers that are merged over Apollo's own. Use `append` to set several cookies. */
  readonly responseHeaders: Headers;
  /** Aborts when the client disconnects before its response is complete, and never afterwards. */
  readonly signal: AbortSignal;
  /** The parsed JSON body of a POST or QUERY, with the files of an upload in place. `undefined` if there is none. */
  readonly body: unknown;
}

/** The class that responses are built with: the runtime's own, or the one of a bridge to Node. */
export interface FetchAPI {
  readonly Response: new (
    body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
    init: { status: number; headers: Record<string, string> | Headers },
  ) => Response;
}

/** The limits of a handler, with their defaults filled in. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxBatchSize: number;
}

/**
 * Reads a request body of the media type `multipart/form-data`. `multipart()` of `./uploads` creates such a reader. It
 * is called after CSRF prevention, with the unread request and the `boundary` parameter of the media type. It returns
 * what a JSON body would have held. A `GraphQLError` that it throws becomes the response.
 */
export type MultipartReader = (
  request: Request,
  headers: HTTPGraphQLRequest['headers'],
  boundary: string | undefined,
  limits: BodyLimits,
) => Promise<unknown>;

/**
 * Decides which operations are executed. `trustedDocuments()` of `./trusted-documents` creates such a reader. It is
 * called after CSRF prevention and after the body was read, for each request. It returns the body to execute, and may
 * replace `search`. A `GraphQLError` that it throws becomes the response.
 */
export type DocumentReader<Platform extends unknown[], TRequest extends Request = Request> = (
  request: TRequest,
  httpRequest: HTTPGraphQLRequest,
  body: unknown,
  ...platform: Platform
) => Promise<unknown>;

/** Options of `createFetchHandler`. */
export interface FetchHandlerOptions<
  TContext extends BaseContext,
  Platform extends unknown[],
  TRequest extends Request = Request,
> {
  /**
   * Creates the context value of a request. It is called after CSRF prevention and after the body was read, with a
   * {@link FetchContextFunctionArgument}, followed by what the platform passes after the request. The handler takes its
   * types from the annotations of these arguments. If the function throws a `GraphQLError`, the response gets the
   * status in its `extensions.http` (default 500). Any other error gets the status 500 and the message
   * `Context creation failed`, followed by its own message.
   *
   * @default async () => ({})
   */
  readonly context?: ContextFunction<
    [argument: FetchContextFunctionArgument<TRequest>, ...platform: Platform],
    TContext
  >;
  /**
   * The largest request body, in bytes. A larger one gets the status 413.
   *
   * @default 1_048_576 (1 MiB)
   */
  readonly maxBodyBytes?: number;
  /**
   * The most operations in one batch. A larger batch gets the status 400. It only matters with Apollo's
   * `allowBatchedHttpRequests`.
   *
   * @default 10
   */
  readonly maxBatchSize?: number;
  /**
   * Reads file uploads: `multipart()` of `./uploads`. Without it a multipart request gets the status 400, unread.
   *
   * @default undefined
   */
  readonly multipart?: MultipartReader;
  /**
   * The operations that clients may send: `trustedDocuments()` of `./trusted-documents`. Without it, any.
   *
   * @default undefined
   */
  readonly documents?: DocumentReader<Platform, TRequest>;
  /**
   * Executes queries that come by QUERY: a method that is safe like GET, with a body like POST. Its rules are those of
   * POST, except that a mutation gets the status 422. Responses name the media type that it takes in `Accept-Query`.
   * The server must not have been started yet, because this adds a plugin to it. Without this option, QUERY gets 405.
   *
   * Experimental: the section of GraphQL over HTTP on QUERY is not merged yet.
   *
   * @default false
   * @see https://www.rfc-editor.org/rfc/rfc10008
   */
  readonly queryMethod?: boolean;
}

/** A fetch handler, which never rejects. `platform` is whatever the runtime passes after the request. */
export type FetchHandler<Platform extends unknown[], TRequest extends Request = Request> = (
  request: TRequest,
  ...platform: Platform
) => Promise<Response>;
