/** How a stream ended: it was read to its end, its client disconnected, or it failed. */
export type Ending = 'complete' | 'disconnected' | 'failed';

/** Passes a stream on, and tells how it ended. */
export class Passage {
  readonly stream: ReadableStream<Uint8Array>;
  /** Whether nothing has been passed on yet. */
  isFirst = true;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onEnd: (ending: Ending) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isReading = false;
  #isOpen = true;

  constructor(body: ReadableStream<Uint8Array>, onEnd: (ending: Ending) => void) {
    this.#reader = body.getReader();
    this.#onEnd = onEnd;
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => {
          // Not every bridge settles `closed` after this.
          this.#end('disconnected');
          return this.#reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    // A wrapper around this one may wait for the end of a stream that nobody reads.
    this.#reader.closed.then(
      () => {
        if (!this.#isReading) this.#close();
      },
      (error) => {
        this.#end('failed');
        this.#controller.error(error);
      },
    );
  }

  /** Ends the stream with a text, and leaves its source to `stop`. */
  finish(text: string): void {
    if (!this.#isOpen) return;
    this.#controller.enqueue(new TextEncoder().encode(text));
    this.#close();
  }

  stop(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #pull(): Promise<void> {
    this.#isReading = true;
    const { done, value } = await this.#reader.read();
    this.#isReading = false;
    if (done) this.#close();
    else if (this.#isOpen) {
      this.isFirst = false;
      this.#controller.enqueue(value);
    }
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#end('complete');
    this.#controller.close();
  }

  #end(ending: Ending): void {
    this.#isOpen = false;
    this.#onEnd(ending);
  }
}
