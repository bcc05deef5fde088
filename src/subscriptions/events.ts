import type { Chunks } from '../core/chunks.ts';
import type { Protocol } from '../shared/protocols.ts';
import type { SourceReader } from './reader.ts';

/** One subscription, and how its events are written. */
export interface Subscription {
  readonly reader: SourceReader;
  readonly protocol: Protocol;
  readonly heartbeatIntervalMillis: number;
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

type Chunk = IteratorResult<string, string | undefined>;

/**
 * Writes events and heartbeats as the client asks for them. The source is asked for an event only when the client has
 * read the one before, and there is a timer only while the client waits.
 */
export function eventChunks({ reader, protocol, heartbeatIntervalMillis, abort, onEnd }: Subscription): EventChunks {
  let isFirst = true;
  let isReading = false;
  let isLeaving = false;
  let isClosed = false;
  let hasSaidGoodbye = false;
  /** What the source has yielded and the client has not received yet. */
  let ready: IteratorResult<string, string> | undefined;
  /** Ends the client's wait, which has lasted since `waitsSince`. */
  let resolveNext: ((chunk: Chunk) => void) | undefined;
  let waitsSince = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const receiver = {
    onEvent: (json: string) => receive({ done: false, value: protocol.event(json) }),
    onEnd: (errors?: string) =>
      receive({ done: true, value: errors === undefined ? protocol.ending : protocol.failure(errors) }),
  };

  function read(): void {
    isReading = true;
    void reader.read(receiver);
  }

  function receive(chunk: IteratorResult<string, string>): void {
    isReading = false;
    ready = chunk;
    wake();
  }

  function wake(): void {
    const resolve = resolveNext;
    resolveNext = undefined;
    resolve?.(take());
  }

  /** Takes what is ready, or else a heartbeat or the goodbye. */
  function take(): Chunk {
    const chunk = ready;
    ready = undefined;
    // When the server stops, the source ends too. Its ending is not sent, because the client should subscribe again.
    if (chunk !== undefined && !(chunk.done && isLeaving)) {
      if (chunk.done) close().catch(() => {});
      return chunk;
    }
    if (!isLeaving) return { done: false, value: protocol.heartbeat };
    if (protocol.goodbye !== '' && !hasSaidGoodbye) {
      hasSaidGoodbye = true;
      return { done: false, value: protocol.goodbye };
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
    if (left < 1) wake();
    else timer = setTimeout(beat, left);
  }

  function close(): Promise<unknown> {
    if (!isClosed) {
      isClosed = true;
      clearTimeout(timer);
      onEnd();
      wake();
    }
    return reader.close();
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
      waitsSince = performance.now();
      timer ??= setTimeout(beat, heartbeatIntervalMillis);
      return new Promise((resolve) => {
        resolveNext = resolve;
      });
    },
    close,
    failure: () => protocol.goodbye,
    leave() {
      isLeaving = true;
      close().catch(() => {});
    },
  };
}
