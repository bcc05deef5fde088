/** Whether an event is for a subscriber. */
export type EventFilter = (event: unknown) => boolean | Promise<boolean>;

/**
 * Leaves out the events of a source that are not for a subscriber. A filter that fails leaves its event out too.
 *
 * It is no generator, whose `return()` would wait for the next event before it closes the source.
 */
export function filterEvents(
  source: AsyncIterator<unknown>,
  isForSubscriber: EventFilter,
  onError: (error: unknown) => void,
): AsyncIterableIterator<unknown> {
  return {
    async next() {
      for (;;) {
        const result = await source.next();
        if (result.done) return result;
        try {
          if ((await isForSubscriber(result.value)) === true) return result;
        } catch (error) {
          onError(error);
        }
      }
    },
    async return(value) {
      return (await source.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
