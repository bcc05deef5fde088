import type { Book } from './store.ts';

/** Publishes new books and delivers them to subscribers. Each platform provides a hub and a store. */
export interface Hub {
  publish(book: Book): Promise<void>;
  /** Returns the books that are published from now on. */
  subscribe(): AsyncIterable<Book> | Promise<AsyncIterable<Book>>;
}

/** Receives the values of a source. After `fail`, the subscription ends with an error. */
interface Listener<T> {
  push(value: T): void;
  fail(error: unknown): void;
}

/**
 * Creates the source of a subscription. The source yields the values that `listen` pushes. `listen` returns a function
 * that stops the listening. Unlike a generator, the source can be closed while it waits.
 */
export function sourceOf<T>(listen: (listener: Listener<T>) => () => void): AsyncIterableIterator<T> {
  const results: Promise<IteratorResult<T>>[] = [];
  let wake = () => {};

  function add(result: Promise<IteratorResult<T>>): void {
    results.push(result);
    // `next` passes the error on. This only prevents an unhandled rejection before that.
    result.catch(() => {});
    wake();
  }

  const stop = listen({
    push: (value) => add(Promise.resolve({ done: false, value })),
    fail: (error) => add(Promise.reject(error)),
  });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      while (results.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return (await results.shift()) ?? { done: true, value: undefined };
    },
    async return() {
      stop();
      results.length = 0;
      add(Promise.resolve({ done: true, value: undefined }));
      return { done: true, value: undefined };
    },
  };
}
