import { endsWithResponse } from '../core/platform.ts';
import { Link } from './link.ts';

/** The longest that the shared timer outlives the last request, in milliseconds. */
const LINGER = 100;

/** Calls back when a time has passed since the start, unless it is stopped before. */
export interface Clock {
  /** Returns what stops it. */
  start(expire: () => void, platform: readonly unknown[]): () => void;
}

/**
 * Makes a clock that measures the same time for each request. One timer serves all requests, because a timer per
 * request would cost much on some runtimes. On Workers a timer ends with its request, so each request has its own
 * there.
 */
export function createClock(milliseconds: number): Clock {
  /** The end of the ring. The links after it are the requests, first the one that expires first. */
  const end = new Link(Number.POSITIVE_INFINITY, () => {});
  let timer: ReturnType<typeof setTimeout> | undefined;

  function wait(): void {
    // Bun and newer versions of Node.js print a warning if the pause is negative.
    const pause = Math.max(0, Math.min(end.next.due - performance.now(), LINGER));
    timer = end.next === end ? undefined : setTimeout(sweep, pause);
  }

  function sweep(): void {
    const now = performance.now();
    try {
      for (let link = end.next; link.due <= now; link = end.next) {
        link.remove();
        link.expire();
      }
    } finally {
      wait();
    }
  }

  return {
    start(expire, platform) {
      if (endsWithResponse(platform)) {
        const own = setTimeout(expire, milliseconds);
        return () => clearTimeout(own);
      }
      const link = new Link(performance.now() + milliseconds, expire);
      end.insert(link);
      if (timer === undefined) wait();
      return () => link.remove();
    },
  };
}
