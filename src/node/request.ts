import { NodeBody, type NodeClosable, type NodeReadable } from './body.ts';
import { NodeHeaders } from './headers.ts';
import { complete } from './native.ts';

/** What is used of an `IncomingMessage` of `node:http`. */
export interface NodeIncoming extends NodeReadable {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: object;
}

/** What is used of a `ServerResponse` of `node:http` to know whether its client has left. */
export interface NodeFinishable extends NodeClosable {
  readonly writableFinished: boolean;
}

/** A request as Node has it. */
export class NodeRequest {
  readonly #req: NodeIncoming;
  readonly #res: NodeFinishable;
  #headers: NodeHeaders | undefined;
  #body: NodeBody | undefined;
  #controller: AbortController | undefined;
  #native: Request | undefined;

  static {
    complete(NodeRequest, Request);
  }

  constructor(req: NodeIncoming, res: NodeFinishable) {
    this.#req = req;
    this.#res = res;
  }

  get method(): string {
    return this.#req.method ?? 'GET';
  }

  get url(): string {
    const { url = '/', headers, socket } = this.#req;
    // A target may be a whole URL, or `*`.
    if (!url.startsWith('/')) return url;
    return `${'encrypted' in socket ? 'https' : 'http'}://${headers.host ?? 'localhost'}${url}`;
  }

  get headers(): Headers {
    this.#headers ??= new NodeHeaders(this.#req.headers);
    return this.#headers as unknown as Headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    // A clone takes a branch of the stream, and leaves the other one there.
    return this.#native === undefined ? (this.#ownBody as ReadableStream<Uint8Array> | null) : this.#native.body;
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? this.#ownBody?.isUsed ?? false;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      const onClose = () => {
        if (!this.#res.writableFinished) controller.abort();
      };
      if (this.#res.closed) onClose();
      else this.#res.on('close', onClose);
      this.#controller = controller;
    }
    return this.#controller.signal;
  }

  get native(): Request {
    if (this.#native === undefined) {
      const { method, url, headers, signal } = this;
      const own = this.#ownBody;
      // No Request can be made of a stream that others read: this one gets another body, and that is read too.
      const body = own?.isTaken ? '' : (own?.native ?? null);
      this.#native = new Request(url, { method, headers: [...headers], body, signal, ...{ duplex: 'half' } });
      if (own?.isTaken) this.#native.text();
    }
    return this.#native;
  }

  get #ownBody(): NodeBody | null {
    if (this.method === 'GET' || this.method === 'HEAD') return null;
    this.#body ??= new NodeBody(this.#req, this.#res);
    return this.#body;
  }
}
