import type { ExecutionResult } from 'graphql';
import { type Call, print, printFailure } from './results.ts';
import { type openSource, type SourceContext, silence } from './source.ts';

export interface Receiver {
  /** Gets an event as JSON. */
  onEvent(json: string): void;
  /** The source has ended, or has failed with these errors, which are a JSON list. Nothing comes after that. */
  onEnd(errors?: string): void;
}

/** A source, and how its results are written. */
export interface Source {
  /** It may resolve after the source is closed. It never rejects. */
  readonly opening: Promise<AsyncIterator<ExecutionResult, unknown>>;
  /** Writes a result as JSON. It neither throws nor rejects. */
  print(result: ExecutionResult): string | Promise<string>;
  /** Writes the error of a source that has failed as a JSON list. It never rejects. */
  printFailure(error: unknown): Promise<string>;
}

/**
 * Reads a source in the AsyncLocalStorage in which `read` is called, and closes it in the one in which this is created.
 */
export class SourceReader {
  readonly #source: Source;
  readonly #closed: Promise<void>;
  #events: AsyncIterator<ExecutionResult, unknown> | undefined;
  /** Whether the source has ended or failed by itself. */
  #isExhausted = false;
  #isClosed = false;
  #closeSource!: () => void;

  constructor(source: Source) {
    this.#source = source;
    // `then` restores the AsyncLocalStorage of the request, so `return()` runs in it, whoever closes the source.
    this.#closed = new Promise<void>((resolve) => {
      this.#closeSource = resolve;
    }).then(async () => {
      const events = await source.opening;
      if (!this.#isExhausted) await events.return?.();
    });
  }

  /** Asks the source for one event. It never rejects. */
  async read(receiver: Receiver): Promise<void> {
    const { opening, print, printFailure } = this.#source;
    try {
      this.#events ??= await opening;
      const { done, value } = await this.#events.next();
      if (done) {
        this.#isExhausted = true;
        receiver.onEnd();
        return;
      }
      const json = print(value);
      receiver.onEvent(typeof json === 'string' ? json : await json);
    } catch (error) {
      this.#isExhausted = true;
      // A source that was closed often fails with the reason of its signal, which nobody needs to know.
      if (!this.#isClosed) receiver.onEnd(await printFailure(error));
    }
  }

  /** Returns the source, unless it has ended by itself. It may be called more than once. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#closeSource();
    return this.#closed;
  }
}

/** Makes the reader of a source that the subscription of this request opens. */
export function readerOf(
  opening: ReturnType<typeof openSource>,
  call: Call,
  logger: SourceContext['logger'],
): SourceReader {
  return new SourceReader({
    opening: opening.then((result) => ('next' in result ? result : silence)),
    print: (event) => print(event, call, logger),
    printFailure: (error) => printFailure(error, call, logger),
  });
}
