/**
 * The client behind one request, and whether it is still there.
 *
 * Runtimes say that it left by aborting `request.signal`, by cancelling the response body, or by both; Deno aborts
 * after every answer too. All of it meets in one signal that aborts at most once, and never after `done()`.
 */
export class Client {
  readonly #request: Request;
  #controller: AbortController | undefined;
  #done = false;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Aborts when the client goes away. Made on first use: most requests never look. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (!this.#done) {
        if (this.#request.signal.aborted) this.leave();
        else this.#request.signal.addEventListener('abort', this.leave, { once: true });
      }
    }
    return this.#controller.signal;
  }

  /** The client went away. */
  readonly leave = (): void => {
    if (this.#done) return;
    // Not looked at where nobody has asked for the signal: on Deno a look has a warning printed.
    const reason: unknown = this.#controller && this.#request.signal.reason;
    this.done();
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  };

  /** The answer is complete: whatever happens to the connection now is nothing to those who watch the signal. */
  done(): void {
    this.#done = true;
    if (this.#controller !== undefined) {
      this.#request.signal.removeEventListener('abort', this.leave);
    }
  }
}
