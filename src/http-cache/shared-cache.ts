import type { CreateSignal } from '../shared/signal.ts';
import { within } from '../shared/wait.ts';
import { type Directives, secondsOf } from './cache-control.ts';
import type { Entry, Result } from './entry.ts';
import type { Flight, Flown } from './flight.ts';
import { Flights } from './flights.ts';
import { isStorable, isUsable, reuseOf } from './policy.ts';
import { RecentKeys } from './recent-keys.ts';
import { Revalidations } from './revalidations.ts';
import { maxCacheWait, type Store } from './store.ts';

/** A request on its way through the cache. */
export interface Visit {
  readonly key: string;
  readonly request: Request;
  /** The directives of the request. */
  readonly wanted: Directives;
  /** Executes the request with its own signal, or with another one. */
  make(createSignal?: CreateSignal): Promise<Made>;
  /** Keeps the invocation alive until the promise has settled. */
  waitUntil(promise: Promise<unknown>): void;
}

/** A response that was made for this request. */
export interface Made {
  readonly result: Result;
  /** Whether the response may be cut off. */
  readonly isAborted: boolean;
}

/** A cache whose responses many clients share. */
export class SharedCache {
  readonly #store: Store;
  readonly #keyed: readonly string[];
  readonly #flights = new Flights();
  readonly #revalidations = new Revalidations();
  /**
   * The keys whose last response could not be stored. Requests for them neither ask the cache nor wait for each other.
   */
  readonly #uncacheable = new RecentKeys(Number.POSITIVE_INFINITY);

  /** @param keyed The names of the request headers that each key holds. */
  constructor(store: Store, keyed: readonly string[]) {
    this.#store = store;
    this.#keyed = keyed;
  }

  /** Removes the entry of a key if it was not made after this time, in milliseconds since 1970. */
  async invalidate(key: string, time: number): Promise<void> {
    const entry = await this.#store.read(key);
    if (entry === undefined || entry.generated > time) return;
    await within(maxCacheWait, () => this.#store.remove(key)).catch(() => {});
  }

  /** Returns `undefined` if the client wants only a stored response, and there is none. */
  async respond(visit: Visit): Promise<Result | undefined> {
    const { key, wanted } = visit;
    if (wanted.has('only-if-cached')) {
      const entry = await this.#store.read(key);
      return entry && reuseOf(entry, wanted) && reused(entry);
    }
    const wantsNew = wanted.has('no-cache') || secondsOf(wanted, 'max-age') === 0;
    // Those who want a newer response than what is stored have flights of their own. Nobody else waits for them.
    for (const isReload of [false, true]) {
      if (wantsNew || this.#uncacheable.has(key)) break;
      const { landing, result } = await this.#flights.board(isReload ? `reload ${key}` : key, visit, (flight) =>
        isReload ? this.#fly(visit, flight) : this.#find(visit, flight),
      );
      if (result !== undefined) return result;
      if (typeof landing === 'object' && reuseOf(landing, wanted)) return reused(landing);
    }
    return (await this.#refresh(visit)).result;
  }

  /** Takes the response from the store, or makes it. */
  async #find(visit: Visit, flight: Flight): Promise<Flown> {
    const { key, wanted, request } = visit;
    // This is checked before the entry is read, because a revalidation that ends during the read has made a newer
    // response than that entry.
    const isRevalidating = this.#revalidations.isRunning(key);
    const found = await this.#store.read(key);
    const reuse = found && reuseOf(found, wanted);
    if (found && (reuse || isUsable(found))) {
      flight.end(request, found);
      if (reuse === undefined) return { landing: found };
      const isEnough = reuse === 'fresh' || isRevalidating;
      return { landing: found, result: isEnough ? reused(found) : await this.#revalidate(visit, found) };
    }
    const flown = await this.#fly(visit, flight);
    if (flown.landing !== 'unshared') return flown;
    this.#uncacheable.add(key);
    // Some caches never remove an entry by themselves.
    return found ? { ...flown, stored: this.#store.remove(key) } : flown;
  }

  async #fly(visit: Visit, flight: Flight): Promise<Refreshed> {
    return await this.#refresh(visit, (own) => flight.createSignal(visit.request, own()));
  }

  /**
   * Replaces a stale response after it was sent, even if the client disconnects.
   *
   * Deno closes a request once its response is sent, so a context function may fail to read it then. So after a
   * failure, the response is held back while the next one is made, for half a second at most.
   */
  async #revalidate(visit: Visit, stale: Entry): Promise<Result> {
    const { key } = visit;
    if (this.#revalidations.isRunning(key)) return reused(stale);
    const isHeldBack = this.#revalidations.hasFailed(key);
    const refreshing = this.#refresh(visit, () => new AbortController().signal);
    visit.waitUntil(this.#revalidations.begin(key, refreshing));
    if (!isHeldBack) return reused(stale);
    const refreshed = await within(maxCacheWait, () => refreshing).catch(() => undefined);
    return typeof refreshed?.landing === 'object' ? refreshed.result : reused(stale);
  }

  /** Executes the request, and stores the response if that is allowed. */
  async #refresh({ key, make, waitUntil }: Visit, createSignal?: CreateSignal): Promise<Refreshed> {
    const { result, isAborted } = await make(createSignal);
    if (isAborted) return { result, landing: 'failed' };
    if (!('entry' in result) || !isStorable(result.entry.headers, this.#keyed)) return { result, landing: 'unshared' };
    this.#uncacheable.delete(key);
    const stored = this.#store.write(key, result.entry);
    waitUntil(stored);
    return { result, landing: result.entry, stored };
  }
}

/** A response that was made for this request. */
interface Refreshed extends Flown {
  readonly result: Result;
}

function reused(entry: Entry): Result {
  return { entry, isReused: true };
}
