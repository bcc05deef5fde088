import { within } from '../shared/wait.ts';
import { Flight, type Flown } from './flight.ts';
import { maxCacheWait } from './store.ts';

interface Passenger {
  readonly request: Request;
  /** Keeps the invocation alive until the promise has settled. */
  waitUntil(promise: Promise<unknown>): void;
}

/** The responses that are being made, by name. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  /**
   * Lets the first request lead, while all of the same name that arrive meanwhile wait for what it lands with. If that
   * takes too long or fails, one of them leads too.
   */
  async board(
    name: string,
    { request, waitUntil }: Passenger,
    lead: (flight: Flight) => Promise<Flown>,
  ): Promise<Flown> {
    for (;;) {
      let flight = this.#flights.get(name);
      if (flight === undefined || flight.hasFailed) {
        flight = new Flight(request);
        this.#flights.set(name, flight);
      } else {
        const waiting = flight.wait(request);
        // Otherwise Workers would end the wait when the client disconnects, and nobody would take notice of that.
        waitUntil(waiting);
        const landing = await waiting;
        if (landing === 'failed') continue;
        if (landing !== undefined) return { landing };
      }
      const leading = this.#lead(name, flight, { request, waitUntil }, lead);
      // Others may wait for it, even if the client of this request has disconnected.
      waitUntil(leading);
      return await leading;
    }
  }

  async #lead(
    name: string,
    flight: Flight,
    { request, waitUntil }: Passenger,
    lead: (flight: Flight) => Promise<Flown>,
  ): Promise<Flown> {
    let flown: Flown | undefined;
    try {
      flown = await lead(flight);
      return flown;
    } finally {
      flight.end(request, flown?.landing ?? 'failed');
      if (flown?.stored === undefined) this.#clear(name, flight);
      else waitUntil(this.#clearOnceStored(name, flight, flown.stored));
    }
  }

  /** Until a response is stored, requests that arrive take it from its flight. */
  async #clearOnceStored(name: string, flight: Flight, stored: Promise<void>): Promise<void> {
    await within(maxCacheWait, () => stored).catch(() => {});
    this.#clear(name, flight);
  }

  /** Forgets a flight, unless another execution is still under way. */
  #clear(name: string, flight: Flight): void {
    if (flight.hasLanded && this.#flights.get(name) === flight) this.#flights.delete(name);
  }
}
