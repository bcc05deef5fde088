import { createCollector } from '../core/collector.ts';
import { LINGER } from '../core/linger.ts';
import type { NodeIncoming, NodeOutgoing } from './objects.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

/** Reads the body of a request from Node's stream. */
export class NodeBody {
  readonly #req: NodeIncoming;
  readonly #res: NodeOutgoing;
  readonly #parsed: Bytes | undefined;
  #state: 'open' | 'ended' | 'cancelled' | 'discarded' = 'open';
  #isUsed = false;
  #endsWithResponse = false;
  #change: Promise<void> | undefined;
  #onChange: (() => void) | undefined;

  /** @param parsed Takes the place of a body that a body parser has already read. */
  constructor(req: NodeIncoming, res: NodeOutgoing, parsed: Bytes | undefined) {
    this.#req = req;
    this.#res = res;
    this.#parsed = parsed;
  }

  /** Whether any of the body was read, here or by other code that has Node's request. */
  get isUsed(): boolean {
    return this.#isUsed || (this.#parsed === undefined && this.#req.readableDidRead);
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Reads the next chunk, as the reader of a stream does. */
  async read(): Promise<ReadableStreamReadResult<Bytes>> {
    this.#isUsed = true;
    const req = this.#req;
    while (this.#state === 'open') {
      if (this.#parsed !== undefined) {
        this.#state = 'ended';
        return { done: false, value: this.#parsed };
      }
      const chunk = req.read();
      if (req.aborted) break;
      if (chunk !== null) {
        if (!req.complete) this.#endWithResponse();
        return { done: false, value: toBytes(chunk) };
      }
      // If `complete` is true, there is no need to wait for `end`.
      if (req.readableEnded || (req.complete && req.readableLength === 0)) this.#state = 'ended';
      else if (req.destroyed) break;
      else await this.#nextChange();
    }
    if (this.#state === 'ended' || this.#state === 'cancelled') return { done: true, value: undefined };
    throw new TypeError('The request body can no longer be read.');
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const collector = createCollector();
    for (;;) {
      const { done, value } = await this.read();
      if (done) break;
      collector.add(value);
    }
    const { buffer, byteOffset, byteLength } = collector.bytes();
    return buffer.byteLength === byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  }

  /** Stops reading. If the client goes on sending, its connection is closed after the response. */
  cancel(): void {
    this.#isUsed = true;
    if (this.#state !== 'open') return;
    this.#state = 'cancelled';
    this.#onChange?.();
    this.#endWithResponse();
  }

  #nextChange(): Promise<void> {
    if (this.#onChange === undefined) {
      for (const event of ['readable', 'end', 'close'] as const) this.#req.on(event, this.#notify);
    }
    this.#change ??= new Promise((resolve) => {
      this.#onChange = () => {
        this.#change = undefined;
        resolve();
      };
    });
    return this.#change;
  }

  readonly #notify = (): void => this.#onChange?.();

  /** Gets rid of the body after the response. Until then, Node reads no further request of the connection. */
  #endWithResponse(): void {
    if (this.#endsWithResponse) return;
    this.#endsWithResponse = true;
    if (this.#res.writableFinished) this.#end();
    else (this.#res.stream ?? this.#res).on('finish', () => this.#end());
  }

  #end(): void {
    if (this.#state === 'cancelled') {
      // Not at once, because the client might see the connection end before it has read the response.
      setTimeout(() => {
        if (this.#req.complete) this.#discard();
        else (this.#res.stream ?? this.#req).destroy();
      }, LINGER);
    } else if (this.#state === 'open') {
      this.#state = 'discarded';
      this.#onChange?.();
      this.#discard();
    }
  }

  #discard(): void {
    // A stream that has a `readable` listener does not flow.
    this.#req.off('readable', this.#notify);
    this.#req.resume();
  }
}

/** Recognises a `Buffer` also where `Uint8Array` is another class than that of Node.js, as in jsdom. */
export function toBytes(chunk: unknown): Bytes {
  if (!ArrayBuffer.isView(chunk)) return new TextEncoder().encode(String(chunk));
  // Not a `Buffer`, whose `slice` makes no copy.
  return new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength);
}
