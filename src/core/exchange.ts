import type { HTTPGraphQLRequest, HTTPGraphQLResponse } from '@apollo/server';
import type { Chunks } from './chunks.ts';
import type { FetchContextFunctionArgument } from './options.ts';

/** An Apollo Server of any context. */
interface AnyServer {
  readonly logger: { error(message: unknown): void };
  executeHTTPGraphQLRequest(request: {
    httpGraphQLRequest: HTTPGraphQLRequest;
    context: () => Promise<never>;
  }): Promise<HTTPGraphQLResponse>;
}

/**
 * One request, and whether its client is still connected.
 *
 * Runtimes report a disconnect by aborting `request.signal`, by cancelling the response body, or both. Deno aborts after
 * every complete response too. Here it all becomes one signal that aborts at most once, and never after `done()`.
 */
export class Exchange<TRequest extends Request> {
  /** The server that executes the request, once it is known. */
  server: AnyServer | undefined;
  /**
   * Set by a plugin of this package that has a body of its own for this response. It returns `undefined` where Apollo has
   * responded with an error instead.
   */
  takeOver: ((response: HTTPGraphQLResponse) => Chunks | undefined) | undefined;
  readonly #request: TRequest;
  /** The `responseHeaders`, if the context function has looked at them. */
  addedHeaders: Headers | undefined;
  #controller: AbortController | undefined;
  #isDone = false;

  constructor(request: TRequest) {
    this.#request = request;
  }

  /**
   * The context function's argument. A Proxy, so that most requests pay for neither a `Headers` nor an `AbortSignal`, and
   * yet the argument can be spread, copied and returned as the context value.
   */
  argument(body: unknown): FetchContextFunctionArgument<TRequest> {
    const parts = { request: this.#request, responseHeaders: undefined, signal: undefined, body };
    return new Proxy<object>(parts, this) as FetchContextFunctionArgument<TRequest>;
  }

  /** The Proxy's only trap. */
  get(parts: Partial<Record<PropertyKey, unknown>>, name: PropertyKey): unknown {
    if (name === 'responseHeaders' || name === 'signal') parts[name] ??= this[name];
    return parts[name];
  }

  get responseHeaders(): Headers {
    this.addedHeaders ??= new Headers();
    return this.addedHeaders;
  }

  /** Aborts when the client disconnects. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#requestSignal?.aborted) this.abort();
      else this.#requestSignal?.addEventListener('abort', this, { once: true });
    }
    return this.#controller.signal;
  }

  /** The client has disconnected. */
  abort(): void {
    if (this.#isDone) return;
    // Read only if somebody has asked for the signal: Deno prints a warning as soon as a program looks at it.
    const reason: unknown = this.#controller && this.#requestSignal?.reason;
    this.done();
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** The response is complete. A disconnect from now on does not abort the signal. */
  done(): void {
    this.#isDone = true;
    if (this.#controller !== undefined) this.#requestSignal?.removeEventListener('abort', this);
  }

  /** Listens to the request's signal. */
  handleEvent(): void {
    this.abort();
  }

  /** Azure Functions has requests without a signal. */
  get #requestSignal(): AbortSignal | undefined {
    return this.#request.signal;
  }
}
