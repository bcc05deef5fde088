import type { FetchContextFunctionArgument } from './options.ts';

/**
 * One request, as the context function sees it, and whether its client is still there.
 *
 * Runtimes say that it left by aborting `request.signal`, by cancelling the response body, or by both; Deno aborts
 * after every answer too. All of it meets in one signal that aborts at most once, and never after `done()`.
 *
 * A class, because getters in an object literal cost more than all else that the handler does.
 */
export class Exchange implements FetchContextFunctionArgument {
  readonly request: Request;
  body: unknown;
  /** The `responseHeaders`, where the context function has looked at them. */
  addedHeaders: Headers | undefined;
  #controller: AbortController | undefined;
  #done = false;

  constructor(request: Request) {
    this.request = request;
  }

  get responseHeaders(): Headers {
    this.addedHeaders ??= new Headers();
    return this.addedHeaders;
  }

  /** Aborts when the client goes away. Made on first use: most requests never look. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.request.signal.aborted) this.abort();
      else this.request.signal.addEventListener('abort', this.abort, { once: true });
    }
    return this.#controller.signal;
  }

  /** The client went away. */
  readonly abort = (): void => {
    if (this.#done) return;
    // Not looked at where nobody has asked for the signal: on Deno a look has a warning printed.
    const reason: unknown = this.#controller && this.request.signal.reason;
    this.done();
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  };

  /** The answer is complete: whatever happens to the connection now is nothing to those who watch the signal. */
  done(): void {
    this.#done = true;
    if (this.#controller !== undefined) {
      this.request.signal.removeEventListener('abort', this.abort);
    }
  }
}
