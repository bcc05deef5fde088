import type { Chunks } from '../core/chunks.ts';
import type { Protocol } from '../shared/protocols.ts';

/** The events of one subscription, and how they are written. */
export interface Subscription<TResult> {
  /** It may resolve after the subscription has ended. It never rejects. */
  readonly source: Promise<AsyncIterator<TResult, unknown>>;
  readonly protocol: Protocol;
  readonly heartbeatIntervalMillis: number;
  /** Writes a result as JSON. It never rejects. */
  print(result: TResult): Promise<string>;
  /** Writes the error of a source that has failed as a JSON list. It never rejects. */
  printFailure(error: unknown): Promise<string>;
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
export function eventChunks<TResult>(subscription: Subscription<TResult>): EventChunks {
  const { source, protocol, heartbeatIntervalMillis, print, printFailure, abort, onEnd } = subscription;
  let isFirst = true;
  let isReading = false;
  let isLeaving = false;
  let hasSaidGoodbye = false;
  /** Whether the source has ended or failed by itself. */
  let isExhausted = false;
  /** The result that the source has yielded and the client has not received yet. */
  let ready: IteratorResult<string, string> | undefined;
  let wake = () => {};
  let isClosed = false;
  let closeSource = () => {};
  // `then` restores the AsyncLocalStorage of the request, so `return()` runs in it, whoever closes the source.
  const closed = new Promise<void>((resolve) => {
    closeSource = resolve;
  }).then(async () => {
    const events = await source;
    if (!isExhausted) await events.return?.();
  });

  async function read(): Promise<void> {
    isReading = true;
    try {
      const events = await source;
      const { done, value } = await events.next();
      isExhausted = done === true;
      ready = done
        ? { done, value: protocol.ending }
        : { done: false, value: protocol.event(await print(value as TResult)) };
    } catch (error) {
      isExhausted = true;
      // A source that was closed often fails with the reason of its signal, which nobody needs to know.
      const failure = isClosed ? '' : protocol.failure(await printFailure(error));
      ready = { done: true, value: failure };
    }
    isReading = false;
    wake();
  }

  async function waitForEvent(): Promise<void> {
    // At most one read is pending, and no wait shares a promise with the next. So the memory of an idle subscription
    // does not grow.
    if (!isReading) void read();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, heartbeatIntervalMillis);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function close(): Promise<unknown> {
    if (!isClosed) {
      isClosed = true;
      onEnd();
      wake();
      closeSource();
    }
    return closed;
  }

  return {
    begin() {
      if (!isClosed) void read();
    },
    async next() {
      if (isFirst) {
        isFirst = false;
        // The first heartbeat is sent at once, because hosts send the headers with the first chunk.
        return { done: false, value: protocol.opening + protocol.heartbeat };
      }
      if (ready === undefined && !isLeaving) await waitForEvent();
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
    },
    close,
    failure: () => protocol.goodbye,
    leave() {
      isLeaving = true;
      close().catch(() => {});
    },
  };
}
