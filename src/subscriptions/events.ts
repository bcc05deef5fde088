import type { Chunks } from '../core/chunks.ts';
import type { Protocol } from '../shared/protocols.ts';
import type { Chunk, Feed, Listener } from './feed.ts';

/** One subscription, and how its events are written. */
export interface Subscription {
  connect(listener: Listener): Feed;
  readonly protocol: Protocol;
  readonly heartbeatIntervalMillis: number;
  /** Called when the source has failed. */
  onFailure(): void;
  /** Aborts the signal of the request and ends its response. */
  abort(): void;
  /** Called once, when the subscription has ended. */
  onEnd(): void;
}

/** The body of a response that consists of events. */
export interface EventChunks extends Chunks {
  /** Asks the source for its first event, because many sources listen only from then on. */
  begin(): void;
  /** Ends the response with the protocol's goodbye. */
  leave(): void;
}

/**
 * Writes events and heartbeats as the client asks for them. The source is asked for an event only when the client has
 * read the one before, and there is a timer only while the client waits.
 */
export function eventChunks(subscription: Subscription): EventChunks {
  const { connect, protocol, heartbeatIntervalMillis, onFailure, abort, onEnd } = subscription;
  let isFirst = true;
  let isReading = false;
  let isLeaving = false;
  let isClosed = false;
  /** What the client is still told when it has to subscribe again. */
  let goodbye = protocol.goodbye();
  /** What the source has yielded and the client has not received yet. */
  let ready: Chunk | undefined;
  /** Ends the client's wait, which has lasted since `waitsSince`. */
  let resolveNext: ((chunk: IteratorResult<string, string | undefined>) => void) | undefined;
  let waitsSince = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const feed = connect({
    protocol,
    receive(chunk) {
      isReading = false;
      ready = chunk;
      wake();
    },
    onFailure,
    lose,
  });

  function lose(): void {
    isLeaving = true;
    goodbye = protocol.goodbye('No more events. Subscribe again.');
    wake();
  }

  function read(): void {
    isReading = true;
    feed.ask();
  }

  function wake(): void {
    const resolve = resolveNext;
    resolveNext = undefined;
    resolve?.(take());
  }

  /** Takes what is ready, or else a heartbeat or the goodbye. */
  function take(): IteratorResult<string, string | undefined> {
    const chunk = ready;
    ready = undefined;
    // When the server stops, the source ends too. Its ending is not sent, because the client should subscribe again.
    if (chunk !== undefined && !(chunk.done && isLeaving)) {
      if (chunk.done) close().catch(() => {});
      return chunk;
    }
    if (!isLeaving) return { done: false, value: protocol.heartbeat };
    if (goodbye !== '') {
      const value = goodbye;
      goodbye = '';
      return { done: false, value };
    }
    abort();
    return { done: true, value: undefined };
  }

  /** One timer serves many waits. A timer for each event would cost more than the rest of the event. */
  function beat(): void {
    timer = undefined;
    if (resolveNext === undefined) return;
    const left = waitsSince + heartbeatIntervalMillis - performance.now();
    // No timer is more precise than a millisecond.
    if (left < 1) {
      if (feed.isStale?.()) lose();
      else wake();
    } else timer = setTimeout(beat, left);
  }

  function close(): Promise<unknown> {
    if (!isClosed) {
      isClosed = true;
      clearTimeout(timer);
      onEnd();
      wake();
    }
    return feed.close();
  }

  return {
    begin() {
      if (!isClosed) read();
    },
    next() {
      if (isFirst) {
        isFirst = false;
        // The first heartbeat is sent at once, because hosts send the headers with the first chunk.
        return Promise.resolve({ done: false, value: protocol.opening + protocol.heartbeat });
      }
      if (ready !== undefined || isLeaving || isClosed) return Promise.resolve(take());
      // At most one read is pending, and no wait shares a promise with the next. So the memory of an idle subscription
      // does not grow.
      if (!isReading) read();
      if (ready !== undefined) return Promise.resolve(take());
      waitsSince = performance.now();
      timer ??= setTimeout(beat, heartbeatIntervalMillis);
      return new Promise((resolve) => {
        resolveNext = resolve;
      });
    },
    close,
    failure: () => goodbye,
    leave() {
      isLeaving = true;
      close().catch(() => {});
    },
  };
}
