import type { Bytes, NodeBody } from './body.ts';
import { delegate } from './delegate.ts';

/**
 * The native class would throw a `TypeError` too. This one is created once, because the core asks for such a reader,
 * and creating an error takes longer than reading a small body.
 */
const notAByteStream = new TypeError('The request body is not a byte stream.');

/** The body of a request as a stream. Its first reader reads Node's stream directly, which costs far less. */
export class NodeStream {
  readonly #body: NodeBody;
  #reader: NodeReader | undefined;
  #native: ReadableStream<Bytes> | undefined;

  static {
    delegate(NodeStream, () => new ReadableStream());
  }

  constructor(body: NodeBody) {
    this.#body = body;
  }

  /** Whether this object was used, and not merely compared with `null`. */
  get isTouched(): boolean {
    return this.#reader !== undefined || this.#native !== undefined;
  }

  get isLocked(): boolean {
    return this.#native?.locked ?? this.#reader !== undefined;
  }

  getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<Bytes> {
    if (options?.mode === 'byob') throw notAByteStream;
    if (this.isTouched || this.#body.isUsed || options !== undefined) {
      return this.native.getReader(options);
    }
    this.#reader = new NodeReader(this, this.#body);
    return this.#reader as unknown as ReadableStreamDefaultReader<Bytes>;
  }

  get native(): ReadableStream<Bytes> {
    if (this.#native === undefined) {
      this.#native = toNative(this.#body);
      // Everyone else sees a stream that its reader has locked.
      if (this.#reader !== undefined) this.#reader.lock(this.#native);
      else if (this.#body.isUsed) this.#native.getReader();
    }
    return this.#native;
  }
}

class NodeReader {
  readonly #stream: NodeStream;
  readonly #body: NodeBody;
  #native: ReadableStreamDefaultReader<Bytes> | undefined;

  static {
    // jest-fixed-jsdom has no global for this class.
    delegate(NodeReader, () => new ReadableStream().getReader());
  }

  constructor(stream: NodeStream, body: NodeBody) {
    this.#stream = stream;
    this.#body = body;
  }

  read(): Promise<ReadableStreamReadResult<Bytes>> {
    return (this.#native ?? this.#body).read();
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#native === undefined) this.#body.cancel();
    else await this.#native.cancel(reason);
  }

  lock(native: ReadableStream<Bytes>): void {
    this.#native = native.getReader();
  }

  get native(): ReadableStreamDefaultReader<Bytes> {
    const { native } = this.#stream;
    // Reading `native` has made the stream call `lock`.
    return this.#native ?? native.getReader();
  }
}

function toNative(body: NodeBody): ReadableStream<Bytes> {
  return new ReadableStream(
    {
      start(controller) {
        if (body.isEnded) controller.close();
      },
      async pull(controller) {
        const { done, value } = await body.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
}
