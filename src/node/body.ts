import { LINGER } from '../core/linger.ts';
import type { NodeIncoming, NodeOutgoing } from './objects.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The body of a request, read from Node's stream. */
export class NodeBody {
  readonly #req: NodeIncoming;
  readonly #res: NodeOutgoing;
  readonly #parsed: Bytes | undefined;
  #state: 'open' | 'ended' | 'cancelled' | 'discarded' = 'open';
  #isUsed = false;
  #isWatched = false;
  #isGuarded = false;
  #wake = () => {};
  #stream: ReadableStream<Bytes> | undefined;

  /** With `parsed` in place of what a body parser has read. */
  constructor(req: NodeIncoming, res: NodeOutgoing, parsed: Bytes | undefined) {
    this.#req = req;
    this.#res = res;
    this.#parsed = parsed;
  }

  /** Whether any of it was read, here or by other code that has Node's request. */
  get isUsed(): boolean {
    return this.#isUsed || (this.#parsed === undefined && this.#req.readableDidRead);
  }

  /** Whether nobody has read any of it or holds the stream. */
  get isUntouched(): boolean {
    return !this.isUsed && this.#stream === undefined;
  }

  get stream(): ReadableStream<Bytes> {
    if (this.#stream === undefined) {
      this.#stream = new ReadableStream(
        {
          pull: async (controller) => {
            const chunk = await this.#read();
            if (chunk !== undefined) controller.enqueue(chunk);
            if (this.#state === 'ended') controller.close();
          },
          cancel: () => this.#cancel(),
        },
        { highWaterMark: 0 },
      );
      // As on a native request whose body was read.
      if (this.isUsed) this.#stream.getReader();
    }
    return this.#stream;
  }

  /** Reads the whole body without the cost of a stream. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    let bytes: Bytes = new Uint8Array();
    let size = 0;
    while (this.#state !== 'ended') {
      const chunk = (await this.#read()) ?? new Uint8Array();
      const end = size + chunk.byteLength;
      if (size === 0) {
        bytes = chunk;
      } else {
        // Copied at once: a small chunk keeps a buffer that is many times its size.
        if (end > bytes.byteLength) {
          const larger = new Uint8Array(Math.max(end, 2 * size));
          larger.set(bytes.subarray(0, size));
          bytes = larger;
        }
        bytes.set(chunk, size);
      }
      size = end;
    }
    const { buffer, byteOffset } = bytes;
    return buffer.byteLength === size ? buffer : buffer.slice(byteOffset, byteOffset + size);
  }

  /** The next chunk, or `undefined` if none follows. After the last one, the state is `ended`. */
  async #read(): Promise<Bytes | undefined> {
    this.#isUsed = true;
    const req = this.#req;
    if (this.#parsed !== undefined) {
      this.#state = 'ended';
      return this.#parsed;
    }
    while (this.#state === 'open') {
      const chunk = req.read();
      if (req.aborted) break;
      // Where a request has `complete`, there is no need to wait for its `end`.
      if (req.readableEnded || (req.complete && req.readableLength === 0)) this.#state = 'ended';
      if (chunk !== null) {
        if (this.#state === 'open') this.#onSent();
        return toBytes(chunk);
      }
      if (this.#state === 'ended') return undefined;
      if (req.destroyed) break;
      await this.#nextChange();
    }
    if (this.#state === 'cancelled') return undefined;
    throw new TypeError('The request body can no longer be read.');
  }

  #nextChange(): Promise<void> {
    if (!this.#isWatched) {
      this.#isWatched = true;
      for (const event of ['readable', 'end', 'close'] as const) this.#req.on(event, this.#onChange);
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  readonly #onChange = (): void => this.#wake();

  #cancel(): void {
    this.#isUsed = true;
    if (this.#state !== 'open') return;
    this.#state = 'cancelled';
    this.#wake();
    this.#onSent();
  }

  /** Node reads no further request of the connection before it is rid of what is left of this body. */
  #onSent(): void {
    if (this.#isGuarded) return;
    this.#isGuarded = true;
    if (this.#res.writableFinished) this.#leave();
    else (this.#res.stream ?? this.#res).on('finish', () => this.#leave());
  }

  #leave(): void {
    if (this.#state === 'cancelled') {
      // Not at once, because the client might see the connection end before it has read the response.
      setTimeout(() => {
        if (this.#req.complete) this.#discard();
        else (this.#res.stream ?? this.#req).destroy();
      }, LINGER);
    } else if (this.#state === 'open') {
      this.#state = 'discarded';
      this.#wake();
      this.#discard();
    }
  }

  #discard(): void {
    // A stream that has such a listener does not flow.
    this.#req.off('readable', this.#onChange);
    this.#req.resume();
  }
}

function toBytes(chunk: unknown): Bytes {
  if (!(chunk instanceof Uint8Array)) return new TextEncoder().encode(String(chunk));
  // Not as Node's own class, whose `slice` makes no copy.
  return new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength);
}
