import { replaceSignal } from '../shared/signal.ts';
import type { Entry } from './entry.ts';

/** How long a request waits for an identical one before it, in milliseconds. After that, it is executed itself. */
const maxFlightWait = 5000;

/** The longest pause between two checks, in milliseconds. */
const maxPause = 50;

/** A response in the making, for which identical requests wait. */
export class Flight {
  #isLanded = false;
  #entry: Entry | undefined;
  #waiting = 0;
  #onLanded = () => {};

  /**
   * Returns the response, or `undefined` if it may not be shared or takes too long.
   *
   * Each request checks with a timer of its own. A promise would do elsewhere. But on Workers with a compatibility date
   * before 2024-10-14, a request hangs if it awaits a promise that another request resolves.
   */
  async wait(): Promise<Entry | undefined> {
    this.#waiting++;
    for (let waited = 0; !this.#isLanded && waited < maxFlightWait; ) {
      const pause = Math.min(Math.max(waited / 4, 1), maxPause);
      await new Promise((resolve) => setTimeout(resolve, pause));
      waited += pause;
    }
    this.#waiting--;
    return this.#entry;
  }

  /** Ends the wait of all requests. */
  land(entry: Entry | undefined): void {
    if (this.#isLanded) return;
    this.#isLanded = true;
    this.#entry = entry;
    this.#onLanded();
  }

  /** Keeps a request running after its client has disconnected, while others wait for its response. */
  hold(request: Request): void {
    replaceSignal(request, (ownSignal) => {
      const own = ownSignal();
      const controller = new AbortController();
      const follow = () => {
        if (own?.aborted && (this.#isLanded || this.#waiting === 0)) controller.abort(own.reason);
      };
      own?.addEventListener('abort', follow);
      this.#onLanded = follow;
      follow();
      return controller.signal;
    });
  }
}
