import type { FetchAPI } from '../core/options.ts';
import { delegate } from './delegate.ts';
import { type HeaderRecord, isPlain, NodeResponseHeaders } from './response-headers.ts';

type Body = ConstructorParameters<FetchAPI['Response']>[0];
type Init = ConstructorParameters<FetchAPI['Response']>[1] & { readonly statusText?: string };

/** A `Response` that keeps the values that it was created with, so that Node.js can send them directly. */
export class NodeResponse {
  readonly #body: Body;
  readonly #init: Init;
  /** `undefined` as long as the headers of `init` can be sent as they are. */
  #headers: Headers | NodeResponseHeaders | undefined;
  #native: Response | undefined;

  static {
    delegate(NodeResponse, () => new Response());
  }

  constructor(body: Body, init: Init) {
    this.#body = body;
    this.#init = init;
    if (!arePlain(init.headers)) this.#headers = new Headers(init.headers);
  }

  get status(): number {
    return this.#init.status;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get type(): ResponseType {
    return 'default';
  }

  get headers(): Headers {
    // Without other headers, those of `init` are plain.
    this.#headers ??= new NodeResponseHeaders(this.#init.headers as Record<string, string>);
    return this.#headers as Headers;
  }

  get native(): Response {
    if (this.#native === undefined) {
      const headers: Headers | NodeResponseHeaders = this.headers;
      const isOwn = headers instanceof NodeResponseHeaders;
      this.#native = new Response(this.#body, { ...this.#init, headers: isOwn ? headers.native : headers });
      // Both have the same headers from now on.
      if (isOwn) headers.native = this.#native.headers;
      else this.#headers = this.#native.headers;
    }
    return this.#native;
  }

  /** The parts of the response, each in the form that is cheapest to send. */
  get parts(): { status: number; statusText: string; headers: Headers | HeaderRecord; body: Body } {
    const { status, statusText = '' } = this.#init;
    const body = this.#native === undefined ? this.#body : this.#native.body;
    const headers = this.#headers ?? (this.#init.headers as Record<string, string>);
    const record = headers instanceof NodeResponseHeaders ? headers.record : headers;
    if (record !== undefined && !(record instanceof Headers)) return { status, statusText, headers: record, body };
    // Node.js sends a string and the headers before it in one encoding. Headers may be in Latin-1, so the body becomes
    // bytes.
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    return { status, statusText, headers: this.headers, body: bytes };
  }
}

function arePlain(headers: Init['headers']): boolean {
  if (headers instanceof Headers) return false;
  for (const name in headers) {
    // The length that a response is made with is that of its body.
    if (name !== 'content-length' && !isPlain(name, headers[name] ?? '')) return false;
  }
  return true;
}
