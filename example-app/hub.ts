import type { Book } from './store.ts';

/** Where the news of a book goes, and comes from: what the application asks of a platform beside its store. */
export interface Hub {
  publish(book: Book): Promise<void>;
  /** The books that are published from now on. */
  subscribe(): AsyncIterable<Book> | Promise<AsyncIterable<Book>>;
}

/** Where what is listened to goes. After `fail`, the subscription ends with an error. */
interface Listener<T> {
  push(value: T): void;
  fail(error: unknown): void;
}

/**
 * The source of a subscription, made of what `listen` passes on. `listen` returns what makes it stop. Unlike a generator,
 * the source can be closed while it waits.
 */
export function sourceOf<T>(listen: (listener: Listener<T>) => () => void): AsyncIterableIterator<T> {
  const results: Promise<IteratorResult<T>>[] = [];
  let wake = () => {};

  function add(result: Promise<IteratorResult<T>>): void {
    results.push(result);
    // The failure is seen by whoever takes it from here.
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
