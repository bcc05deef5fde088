import { type Bytes, NodeBody } from './body.ts';
import { onClose } from './connection.ts';
import { delegate, delegateAll } from './delegate.ts';
import { NodeHeaders } from './headers.ts';
import type { NodeIncoming, NodeOutgoing } from './objects.ts';
import { parsedBody } from './parsed.ts';
import { NodeStream } from './stream.ts';
import { urlOf } from './url.ts';

/** A `Request` that reads from Node's objects, and creates a native one only for members that it does not define. */
export class NodeRequest {
  readonly #req: NodeIncoming;
  readonly #res: NodeOutgoing;
  readonly #parsed: Bytes | undefined;
  #headers: NodeHeaders | undefined;
  #body: NodeBody | undefined;
  #stream: NodeStream | undefined;
  #controller: AbortController | undefined;
  #native: Request | undefined;

  static {
    delegate(NodeRequest, () => new Request('http://localhost'));
  }

  constructor(req: NodeIncoming, res: NodeOutgoing) {
    delegateAll();
    this.#req = req;
    this.#res = res;
    if (req.readableDidRead) this.#parsed = parsedBody(req);
  }

  get method(): string {
    return this.#req.method ?? 'GET';
  }

  get url(): string {
    return urlOf(this.#req);
  }

  get headers(): Headers {
    this.#headers ??= new NodeHeaders(
      this.#parsed === undefined
        ? this.#req.headers
        : {
            ...this.#req.headers,
            'content-length': String(this.#parsed.byteLength),
            'content-encoding': undefined,
            'transfer-encoding': undefined,
          },
    );
    return this.#headers as unknown as Headers;
  }

  get body(): ReadableStream<Bytes> | null {
    // After a clone, a native request has another body stream than before.
    return this.#native === undefined ? (this.#ownStream as ReadableStream<Bytes> | null) : this.#native.body;
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? this.#ownBody?.isUsed ?? false;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      onClose(this.#req, this.#res, () => {
        if (!this.#res.writableEnded) controller.abort();
      });
    }
    return this.#controller.signal;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    const body = this.#ownBody;
    const isTouched = body === null || body.isUsed || this.#stream?.isTouched || this.#native !== undefined;
    return isTouched ? this.native.arrayBuffer() : body.arrayBuffer();
  }

  get native(): Request {
    if (this.#native === undefined) {
      const { method, url, headers, signal } = this;
      const stream = this.#ownStream;
      // A request cannot be created with a body that other code reads. It gets an empty body instead, which is read at
      // once, so that `bodyUsed` is true.
      const isTaken = stream !== null && (stream.isLocked || this.bodyUsed);
      const body = isTaken ? '' : (stream?.native ?? null);
      // Fetch requires `duplex` for a body that is a stream.
      this.#native = new Request(url, { method, headers: [...headers], body, signal, ...{ duplex: 'half' } });
      if (isTaken) this.#native.text();
    }
    return this.#native;
  }

  get #ownBody(): NodeBody | null {
    if (this.method === 'GET' || this.method === 'HEAD') return null;
    this.#body ??= new NodeBody(this.#req, this.#res, this.#parsed);
    return this.#body;
  }

  get #ownStream(): NodeStream | null {
    const body = this.#ownBody;
    if (body !== null) this.#stream ??= new NodeStream(body);
    return this.#stream ?? null;
  }
}
