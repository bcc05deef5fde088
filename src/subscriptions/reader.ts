/** What reads a source. */
export interface SourceReader {
  /** Asks the source for one event. It never rejects. */
  read(receiver: Receiver): Promise<void>;
  /** Returns the source, unless it has ended by itself. It may be called more than once. */
  close(): Promise<void>;
}

export interface Receiver {
  /** Gets an event as JSON. */
  onEvent(json: string): void;
  /** The source has ended, or has failed with these errors, which are a JSON list. Nothing comes after that. */
  onEnd(errors?: string): void;
}

/** A source, and how its results are written. */
export interface Source<Result> {
  /** It may resolve after the source is closed. It never rejects. */
  readonly opening: Promise<AsyncIterator<Result, unknown>>;
  /** Writes a result as JSON. It neither throws nor rejects. */
  print(result: Result): string | Promise<string>;
  /** Writes the error of a source that has failed as a JSON list. It never rejects. */
  printFailure(error: unknown): Promise<string>;
}

/** Reads a source in the AsyncLocalStorage in which `read` is called, and closes it in the one in which this is. */
export function readSource<Result>({ opening, print, printFailure }: Source<Result>): SourceReader {
  let events: AsyncIterator<Result, unknown> | undefined;
  /** Whether the source has ended or failed by itself. */
  let isExhausted = false;
  let isClosed = false;
  let closeSource = () => {};
  // `then` restores the AsyncLocalStorage of the request, so `return()` runs in it, whoever closes the source.
  const closed = new Promise<void>((resolve) => {
    closeSource = resolve;
  }).then(async () => {
    const events = await opening;
    if (!isExhausted) await events.return?.();
  });

  return {
    async read(receiver) {
      try {
        events ??= await opening;
        const { done, value } = await events.next();
        if (done) {
          isExhausted = true;
          receiver.onEnd();
          return;
        }
        const json = print(value);
        receiver.onEvent(typeof json === 'string' ? json : await json);
      } catch (error) {
        isExhausted = true;
        // A source that was closed often fails with the reason of its signal, which nobody needs to know.
        if (!isClosed) receiver.onEnd(await printFailure(error));
      }
    },
    close() {
      isClosed = true;
      closeSource();
      return closed;
    },
  };
}
