import { replaceSignal } from '../shared/signal.ts';
import { within } from '../shared/wait.ts';
import type { Directives } from './cache-control.ts';
import type { Entry, Result } from './entry.ts';
import { Flight } from './flight.ts';
import { isStorable, isUsable, satisfies } from './policy.ts';
import { maxCacheWait, type Store } from './store.ts';
import { Uncacheable } from './uncacheable.ts';

/** How long a revalidation that has not ended keeps another one from starting, in milliseconds. */
const maxRevalidation = 30_000;

/** A request on its way through the cache. */
export interface Visit {
  readonly key: string;
  readonly request: Request;
  /** The directives of the request. */
  readonly wanted: Directives;
  execute(): Promise<Result>;
  /** Keeps the invocation alive until the promise has settled. */
  hold(promise: Promise<unknown>): void;
}

/** A cache whose responses many clients share. */
export class SharedCache {
  readonly #store: Store;
  readonly #keyed: readonly string[];
  readonly #flights = new Map<string, Flight>();
  /** When each revalidation began, in milliseconds since 1970, by its key. */
  readonly #revalidations = new Map<string, number>();
  readonly #uncacheable = new Uncacheable();

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
      return entry && satisfies(entry, wanted) && reused(entry);
    }
    if (!wanted.has('no-cache') && !this.#uncacheable.has(key)) {
      const flight = this.#flights.get(key);
      if (flight === undefined) return await this.#lead(visit);
      const entry = await flight.wait();
      if (entry && satisfies(entry, wanted)) return reused(entry);
      // If the invocation that leads a flight was ended, the flight never lands.
      if (entry === undefined) this.#end(key, flight);
    }
    return (await this.#refresh(visit)).result;
  }

  /** Finds or makes a response for this request, and for all identical ones that arrive meanwhile. */
  async #lead(visit: Visit): Promise<Result> {
    const flight = new Flight();
    this.#flights.set(visit.key, flight);
    const making = this.#make(visit, flight);
    // Others may wait for it, even if the client of this request has disconnected.
    visit.hold(making);
    return await making;
  }

  async #make(visit: Visit, flight: Flight): Promise<Result> {
    const { key, wanted, request, hold } = visit;
    let stored: Promise<void> | undefined;
    try {
      // This is checked before the entry is read, because a revalidation that ends during the read has made a newer
      // response than that entry.
      const isRevalidating = this.#isRevalidating(key);
      const found = await this.#store.read(key);
      const state = found && satisfies(found, wanted);
      if (found && state) {
        flight.land(found);
        if (state === 'stale' && !isRevalidating) this.#revalidate(visit);
        return reused(found);
      }
      flight.hold(request);
      const made = await this.#refresh(visit);
      flight.land(made.entry);
      if (made.entry === undefined) {
        this.#uncacheable.add(key);
        // Some caches never remove an entry by themselves.
        if (found && !isUsable(found)) stored = this.#store.remove(key);
      }
      stored ??= made.stored;
      return made.result;
    } finally {
      flight.land(undefined);
      if (stored === undefined) this.#end(key, flight);
      else hold(this.#endOnceStored(key, flight, stored));
    }
  }

  /** Ends the flight once the response is stored. Until then, requests that arrive take it from the flight. */
  async #endOnceStored(key: string, flight: Flight, stored: Promise<void>): Promise<void> {
    await within(maxCacheWait, () => stored).catch(() => {});
    this.#end(key, flight);
  }

  #end(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #isRevalidating(key: string): boolean {
    return Date.now() - (this.#revalidations.get(key) ?? 0) < maxRevalidation;
  }

  /** Replaces a stale response in the background, even if the client disconnects. */
  #revalidate(visit: Visit): void {
    const { key, request, hold } = visit;
    if (this.#isRevalidating(key)) return;
    this.#revalidations.set(key, Date.now());
    replaceSignal(request, () => new AbortController().signal);
    const refreshing = this.#refresh(visit).then(async ({ result, stored }) => {
      if (!('entry' in result)) await result.body?.cancel();
      await stored;
    });
    hold(refreshing.catch(() => {}).finally(() => this.#revalidations.delete(key)));
  }

  /** Executes the request, and stores the response if that is allowed. */
  async #refresh({ key, execute, hold }: Visit): Promise<Refreshed> {
    const result = await execute();
    if (!('entry' in result) || !isStorable(result.entry.headers, this.#keyed)) return { result };
    this.#uncacheable.delete(key);
    const stored = this.#store.write(key, result.entry);
    hold(stored);
    return { result, entry: result.entry, stored };
  }
}

interface Refreshed {
  readonly result: Result;
  /** The entry, if other requests may get it too. */
  readonly entry?: Entry;
  /** Settles when the entry is stored, or could not be. */
  readonly stored?: Promise<void>;
}

function reused(entry: Entry): Result {
  return { entry, isReused: true };
}
