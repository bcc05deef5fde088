import type { GraphQLError } from 'graphql';
import { failurePart } from '../core/chunks.ts';

/** Passes a stream of incremental delivery on until its time has passed. The last part then reports an error. */
export class LimitedStream {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onEnd: () => void;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isFirst = true;
  #isReading = false;
  #isOpen = true;

  /** @param onEnd Called when the stream has ended or its client has disconnected. */
  constructor(body: ReadableStream<Uint8Array>, onEnd: () => void) {
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
          this.#end();
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
        this.#end();
        this.#controller.error(error);
      },
    );
  }

  /** Ends the stream, and leaves its source to `stop`. */
  fail(error: GraphQLError): void {
    if (!this.#isOpen) return;
    this.#controller.enqueue(new TextEncoder().encode(failurePart(this.#isFirst, error)));
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
      this.#isFirst = false;
      this.#controller.enqueue(value);
    }
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#end();
    this.#controller.close();
  }

  #end(): void {
    this.#isOpen = false;
    this.#onEnd();
  }
}
