import type { Entry, Result } from './entry.ts';

/** How long requests wait for an execution before one of them takes over, in milliseconds. */
const maxFlightWait = 5000;

/** The longest pause between two checks, in milliseconds. */
const maxPause = 50;

/**
 * How a flight ended: with a response, with one that may not be shared, or without a response that says anything about
 * the next one.
 */
export type Landing = Entry | 'unshared' | 'failed';

/** How a request on a flight has fared. */
export interface Flown {
  /** The response that was found or made for this request. */
  readonly result?: Result;
  readonly landing: Landing;
  /** Settles when the response is stored or removed, or could not be. */
  readonly stored?: Promise<void>;
}

/** A response in the making, for which identical requests wait. */
export class Flight {
  #landing: Landing | undefined;
  /** The requests that are being executed, and what follows for each when it has ended. */
  readonly #executing = new Map<Request, () => void>();
  #executions = 0;
  /** How many requests wait whose clients are still there. */
  #waiting = 0;
  #isSignalUsed = false;

  /** @param request The request that is executed first. */
  constructor(request: Request) {
    this.#begin(request);
  }

  /** Whether it failed, so that the next request has to begin another flight. */
  get hasFailed(): boolean {
    return this.#landing === 'failed';
  }

  get hasLanded(): boolean {
    return this.#landing !== undefined;
  }

  /**
   * Waits until the flight has landed. Returns `undefined` to the one request that has to be executed too, because the
   * last execution has taken too long.
   *
   * Each request checks with a timer of its own. A promise would do elsewhere. But on Workers with a compatibility date
   * before 2024-10-14, a request hangs if it awaits a promise that another request resolves.
   */
  async wait(request: Request): Promise<Landing | undefined> {
    let isThere = true;
    let execution = 0;
    let waited = 0;
    this.#waiting++;
    while (this.#landing === undefined) {
      if (execution !== this.#executions) {
        execution = this.#executions;
        waited = 0;
      }
      if (waited >= maxFlightWait && (isThere || this.#waiting === 0)) {
        this.#begin(request);
        break;
      }
      const pause = Math.min(Math.max(waited / 4, 1), maxPause);
      await new Promise((resolve) => setTimeout(resolve, pause));
      waited += pause;
      // The signal is read only if the handler uses signals, because reading it makes Deno print a warning.
      if (isThere && this.#isSignalUsed && request.signal?.aborted) {
        isThere = false;
        this.#waiting--;
      }
    }
    if (isThere) this.#waiting--;
    return this.#landing;
  }

  #begin(request: Request): void {
    this.#executing.set(request, () => {});
    this.#executions++;
  }

  /** Ends the execution of a request. Only the first call for a request counts. */
  end(request: Request, landing: Landing): void {
    const follow = this.#executing.get(request);
    this.#finish(request, landing);
    follow?.();
  }

  #finish(request: Request, landing: Landing): void {
    if (!this.#executing.delete(request)) return;
    // A failure is one of the whole flight only if no other execution is under way.
    if (landing !== 'failed' || this.#executing.size === 0) this.#landing ??= landing;
  }

  /**
   * Creates the signal with which a request is executed. While others wait for the response, the signal is not aborted
   * when the client disconnects.
   */
  createSignal(request: Request, own: AbortSignal | undefined): AbortSignal {
    this.#isSignalUsed = true;
    const controller = new AbortController();
    const follow = () => {
      if (!own?.aborted) return;
      if (this.#executing.has(request) && this.#waiting > 0) {
        // Those who wait cannot tell this request that they have left, for the reason that `wait` gives.
        setTimeout(follow, maxPause);
        return;
      }
      this.#finish(request, 'failed');
      controller.abort(own.reason);
    };
    own?.addEventListener('abort', follow);
    if (this.#executing.has(request)) this.#executing.set(request, follow);
    follow();
    return controller.signal;
  }
}
