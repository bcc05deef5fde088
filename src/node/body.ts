import { complete } from './native.ts';

/** What is used of an `IncomingMessage` as a stream. */
export interface NodeReadable {
  readonly complete: boolean;
  readonly destroyed: boolean;
  readonly readableDidRead: boolean;
  readonly readableLength: number;
  read(): unknown;
  destroy(): unknown;
  on(event: 'readable' | 'close', listener: () => void): unknown;
  off(event: 'readable' | 'close', listener: () => void): unknown;
}

/** The body of a request. It lends a reader, which is all that the handler wants, without becoming a stream. */
export class NodeBody {
  readonly #req: NodeReadable;
  #isUsed = false;
  #reader: NodeReader | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;

  static {
    complete(NodeBody, ReadableStream);
  }

  constructor(req: NodeReadable) {
    this.#req = req;
  }

  /** Whether anything of it was asked for, here or by other code that has the request of Node's. */
  get isUsed(): boolean {
    return this.#isUsed || this.#req.readableDidRead;
  }

  getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<Uint8Array> {
    if (this.#reader !== undefined || this.#stream !== undefined || options !== undefined) {
      return this.native.getReader(options);
    }
    this.#reader = new NodeReader(this);
    return this.#reader as unknown as ReadableStreamDefaultReader<Uint8Array>;
  }

  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    this.#isUsed = true;
    for (;;) {
      const chunk = this.#req.read();
      if (chunk instanceof Uint8Array) {
        // Not as Node's own class, whose `slice` makes no copy.
        return { done: false, value: new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) };
      }
      if (this.#req.complete && this.#req.readableLength === 0) return { done: true, value: undefined };
      if (this.#req.destroyed) throw new TypeError('The request was broken off.');
      await this.#change();
    }
  }

  /** Node reads on whatever the client sends, unless the connection is ended. */
  stop(): void {
    this.#isUsed = true;
    this.#req.destroy();
  }

  stream(): ReadableStream<Uint8Array> {
    this.#stream ??= new ReadableStream(
      {
        pull: async (controller) => {
          const { done, value } = await this.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => this.stop(),
      },
      { highWaterMark: 0 },
    );
    return this.#stream;
  }

  get native(): ReadableStream<Uint8Array> {
    this.#reader?.lock();
    return this.stream();
  }

  #change(): Promise<void> {
    const req = this.#req;
    return new Promise((resolve) => {
      function onChange(): void {
        req.off('readable', onChange);
        req.off('close', onChange);
        resolve();
      }
      req.on('readable', onChange);
      req.on('close', onChange);
    });
  }
}

class NodeReader {
  readonly #body: NodeBody;
  #native: ReadableStreamDefaultReader<Uint8Array> | undefined;

  static {
    complete(NodeReader, ReadableStreamDefaultReader);
  }

  constructor(body: NodeBody) {
    this.#body = body;
  }

  read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    return this.#native === undefined ? this.#body.read() : this.#native.read();
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#native === undefined) this.#body.stop();
    else await this.#native.cancel(reason);
  }

  /** To whom else asks, the body is a stream that this reader has locked. */
  lock(): ReadableStreamDefaultReader<Uint8Array> {
    this.#native ??= this.#body.stream().getReader();
    return this.#native;
  }

  get native(): ReadableStreamDefaultReader<Uint8Array> {
    return this.lock();
  }
}
