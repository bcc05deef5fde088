import type { HTTPGraphQLRequest, HTTPGraphQLResponse } from '@apollo/server';
import type { Chunks } from './chunks.ts';
import { type Observed, type Observer, observer } from './observer.ts';
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
 * Runtimes report a disconnect by aborting `request.signal`, by cancelling the response body, or both. Deno aborts
 * after every complete response too. This class turns all of that into one signal, which aborts at most once, and never
 * after `done()`.
 */
export class Exchange<TRequest extends Request> {
  /** Is told how the response is made, if something wants to know. */
  readonly observer: Observer | undefined;
  /** The server that executes the request, once it is known. */
  server: AnyServer | undefined;
  /**
   * A part of this package sets this to provide the body of the response, or to change its headers. It returns
   * `undefined` to leave the body as it is, such as one that reports an error.
   */
  takeOver: ((response: HTTPGraphQLResponse) => Chunks | undefined) | undefined;
  readonly #request: TRequest;
  /** The `responseHeaders`, if the context function has read them. */
  addedHeaders: Headers | undefined;
  #controller: AbortController | undefined;
  #shared: AbortSignal | undefined;
  #isDone = false;

  constructor(request: TRequest & Observed) {
    this.#request = request;
    this.observer = request[observer];
  }

  /**
   * Makes the context function's argument. It is a Proxy, which creates a `Headers` and an `AbortSignal` only when they
   * are read. The argument can still be spread, copied and returned as the context value.
   */
  argument(body: unknown): FetchContextFunctionArgument<TRequest> {
    const parts = { request: this.#request, responseHeaders: undefined, signal: undefined, body };
    return new Proxy<object>(parts, this) as FetchContextFunctionArgument<TRequest>;
  }

  /** The Proxy's only trap. */
  get(parts: Partial<Record<PropertyKey, unknown>>, name: PropertyKey): unknown {
    if (name === 'responseHeaders') parts[name] ??= this[name];
    if (name === 'signal') parts[name] ??= this.#shared ?? this[name];
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

  /**
   * Hands the signal of the context function over to what outlives this client, and returns what aborts it. The client
   * gets another signal.
   */
  shareSignal(): () => void {
    this.#shared = this.signal;
    const controller = this.#controller;
    this.#controller = undefined;
    return () => controller?.abort();
  }

  /** The client has disconnected. */
  abort(): void {
    if (this.#isDone) return;
    // The reason is read only if the signal was used, because reading it makes Deno print a warning.
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

  /** `undefined` on Azure Functions, whose requests have no signal. */
  get #requestSignal(): AbortSignal | undefined {
    return this.#request.signal;
  }
}
