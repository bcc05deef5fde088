import { complete } from './native.ts';

/** What is used of an `IncomingMessage` as a stream. */
export interface NodeReadable {
  readonly complete: boolean;
  readonly destroyed: boolean;
  readonly readableDidRead: boolean;
  readonly readableLength: number;
  read(): unknown;
  resume(): unknown;
  destroy(): unknown;
  on(event: 'readable' | 'close', listener: () => void): unknown;
}

/** What is used of a `ServerResponse` to know whether the answer has been sent. */
export interface NodeClosable {
  readonly closed: boolean;
  on(event: 'close', listener: () => void): unknown;
}

/** How long a client has to read its answer before the connection on which it goes on sending is ended, in milliseconds. */
const LINGER = 50;

/** The body of a request. It lends a reader, which is all that the handler wants, without becoming a stream. */
export class NodeBody {
  readonly #req: NodeReadable;
  readonly #res: NodeClosable;
  #isUsed = false;
  #isEnded = false;
  #change: Promise<void> | undefined;
  #onChange: (() => void) | undefined;
  #reader: NodeReader | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;

  static {
    complete(NodeBody, ReadableStream);
  }

  constructor(req: NodeReadable, res: NodeClosable) {
    this.#req = req;
    this.#res = res;
  }

  /** Whether anything of it was asked for, here or by other code that has the request of Node's. */
  get isUsed(): boolean {
    return this.#isUsed || this.#req.readableDidRead;
  }

  /** Whether nobody else can have it any more. */
  get isTaken(): boolean {
    return this.isUsed || (this.#stream?.locked ?? this.#reader !== undefined);
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
    while (!this.#isEnded) {
      const chunk = this.#req.read();
      if (typeof chunk === 'string') return { done: false, value: new TextEncoder().encode(chunk) };
      if (chunk instanceof Uint8Array) {
        // Not as Node's own class, whose `slice` makes no copy.
        return { done: false, value: new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) };
      }
      if (this.#req.complete && this.#req.readableLength === 0) this.#isEnded = true;
      else if (this.#req.destroyed) throw new TypeError('The request was broken off.');
      else await this.#nextChange();
    }
    return { done: true, value: undefined };
  }

  /**
   * Nothing more is read. Node would take in whatever the client goes on to send, so then the connection is ended: once
   * the answer has gone, for it may be one that others wait for too.
   */
  stop(): void {
    this.#isUsed = true;
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onChange?.();
    const end = () => {
      if (this.#req.complete) this.#req.resume();
      else this.#req.destroy();
    };
    if (this.#res.closed) end();
    else this.#res.on('close', () => setTimeout(end, LINGER));
  }

  stream(): ReadableStream<Uint8Array> {
    this.#stream ??= new ReadableStream(
      {
        start: (controller) => {
          if (this.#isEnded) controller.close();
        },
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

  #nextChange(): Promise<void> {
    if (this.#onChange === undefined) {
      const onChange = () => this.#onChange?.();
      // For good: without one of these, other code's `data` listeners would have Node hand the body to them.
      this.#req.on('readable', onChange);
      this.#req.on('close', onChange);
    }
    this.#change ??= new Promise((resolve) => {
      this.#onChange = () => {
        this.#change = undefined;
        resolve();
      };
    });
    return this.#change;
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
