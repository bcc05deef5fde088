import type { Chunks } from '../core/chunks.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Protocol } from '../shared/protocols.ts';
import type { Chunk, Feed, Listener } from './feed.ts';

/** One subscription, and how its events are written. */
export interface Subscription {
  connect(listener: Listener): Feed;
  readonly protocol: Protocol;
  readonly heartbeatIntervalMillis: number;
  readonly exchange: Exchange<Request>;
  /** Called once, when the subscription has ended. */
  onEnd(): void;
}

/**
 * The body of a response that consists of events. It writes events and heartbeats as the client asks for them. The
 * source is asked for an event only when the client has read the one before, and there is a timer only while the client
 * waits.
 *
 * It is a class, because thousands of them may be open, and functions of its own would double its memory.
 */
export class EventChunks implements Chunks, Listener {
  readonly protocol: Protocol;
  readonly #subscription: Subscription;
  readonly #feed: Feed;
  #isFirst = true;
  #isReading = false;
  #isLeaving = false;
  #isClosed = false;
  #hasSaidGoodbye = false;
  /** Why the client has to subscribe again, unless the server is stopping. */
  #reason: string | undefined;
  /** What the source has yielded and the client has not received yet. */
  #ready: Chunk | undefined;
  /** Ends the client's wait, which has lasted since `#waitsSince`. */
  #resolveNext: ((chunk: IteratorResult<string, string | undefined>) => void) | undefined;
  #waitsSince = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(subscription: Subscription) {
    this.protocol = subscription.protocol;
    this.#subscription = subscription;
    this.#feed = subscription.connect(this);
  }

  /** Asks the source for its first event, because many sources listen only from then on. */
  begin(): void {
    if (!this.#isClosed) this.#read();
  }

  next(): Promise<IteratorResult<string, string | undefined>> {
    if (this.#isFirst) {
      this.#isFirst = false;
      // The first heartbeat is sent at once, because hosts send the headers with the first chunk.
      return Promise.resolve({ done: false, value: this.protocol.opening + this.protocol.heartbeat });
    }
    // At most one read is pending, and no wait shares a promise with the next. So the memory of an idle subscription does
    // not grow.
    if (this.#ready === undefined && !this.#isLeaving && !this.#isClosed && !this.#isReading) this.#read();
    if (this.#ready !== undefined || this.#isLeaving || this.#isClosed) return Promise.resolve(this.#take());
    this.#waitsSince = performance.now();
    this.#timer ??= setTimeout(beat, this.#subscription.heartbeatIntervalMillis, this);
    return new Promise((resolve) => {
      this.#resolveNext = resolve;
    });
  }

  receive(chunk: Chunk): void {
    this.#isReading = false;
    this.#ready = chunk;
    this.#wake();
  }

  onFailure(): void {
    this.#subscription.exchange.observer?.onFailure();
  }

  lose(): void {
    this.#isLeaving = true;
    this.#reason = 'No more events. Subscribe again.';
    this.#wake();
  }

  /** Ends the response with the protocol's goodbye. */
  leave(): void {
    this.#isLeaving = true;
    this.close().catch(() => {});
  }

  close(): Promise<unknown> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      clearTimeout(this.#timer);
      this.#subscription.onEnd();
      this.#wake();
    }
    return this.#feed.close();
  }

  failure(): string {
    return this.protocol.goodbye(this.#reason);
  }

  /** One timer serves many waits. A timer for each event would cost more than the rest of the event. */
  beat(): void {
    this.#timer = undefined;
    if (this.#resolveNext === undefined) return;
    const left = this.#waitsSince + this.#subscription.heartbeatIntervalMillis - performance.now();
    // No timer is more precise than a millisecond.
    if (left >= 1) this.#timer = setTimeout(beat, left, this);
    else if (this.#feed.isStale?.()) this.lose();
    else this.#wake();
  }

  #read(): void {
    this.#isReading = true;
    this.#feed.ask();
  }

  #wake(): void {
    const resolve = this.#resolveNext;
    this.#resolveNext = undefined;
    resolve?.(this.#take());
  }

  /** Takes what is ready, or else a heartbeat or the goodbye. */
  #take(): IteratorResult<string, string | undefined> {
    const chunk = this.#ready;
    this.#ready = undefined;
    // When the server stops, the source ends too. Its ending is not sent, because the client should subscribe again.
    if (chunk !== undefined && !(chunk.done && this.#isLeaving)) {
      if (chunk.done) this.close().catch(() => {});
      return chunk;
    }
    if (!this.#isLeaving) return { done: false, value: this.protocol.heartbeat };
    const goodbye = this.#hasSaidGoodbye ? '' : this.protocol.goodbye(this.#reason);
    this.#hasSaidGoodbye = true;
    if (goodbye !== '') return { done: false, value: goodbye };
    this.#subscription.exchange.abort();
    return { done: true, value: undefined };
  }
}

function beat(chunks: EventChunks): void {
  chunks.beat();
}
