import { replaceSignal } from '../core/signal.ts';
import type { Entry } from './entry.ts';

/** The longest that a request waits for an identical one before it, in milliseconds. Then it is executed itself. */
const maxFlightWait = 5000;

/** The longest pause between two looks, in milliseconds. */
const maxPause = 50;

/** The making of one response, for which identical requests wait. */
export class Flight {
  #isLanded = false;
  #entry: Entry | undefined;
  #waiting = 0;
  #onLanded = () => {};

  /**
   * The response, or `undefined` if it may not be shared or takes too long.
   *
   * Each request looks by a timer of its own. A promise would do elsewhere, but on Workers with a compatibility date before
   * 2024-10-14 a request hangs that awaits what another one resolves.
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

  /** Releases all that wait. */
  land(entry: Entry | undefined): void {
    if (this.#isLanded) return;
    this.#isLanded = true;
    this.#entry = entry;
    this.#onLanded();
  }

  /** Keeps a request from being cancelled with its client while others wait for its response. */
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
