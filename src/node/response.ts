import type { FetchAPI } from '../core/options.ts';
import { delegate } from './delegate.ts';

type Body = ConstructorParameters<FetchAPI['Response']>[0];
type Init = ConstructorParameters<FetchAPI['Response']>[1] & { readonly statusText?: string };

/** A `Response` that keeps what it was created with, for Node.js to send it without a detour. */
export class NodeResponse {
  readonly #body: Body;
  readonly #init: Init;
  /** Left out as long as the headers of `init` can be sent as they are. */
  #headers: Headers | undefined;
  #native: Response | undefined;

  static {
    delegate(NodeResponse, Response);
  }

  constructor(body: Body, init: Init) {
    this.#body = body;
    this.#init = init;
    if (!isPlain(init.headers)) this.#headers = new Headers(init.headers);
  }

  get headers(): Headers {
    this.#headers ??= new Headers(this.#init.headers);
    return this.#headers;
  }

  get native(): Response {
    this.#native ??= new Response(this.#body, { ...this.#init, headers: this.headers });
    return this.#native;
  }

  /** The same parts that a response has, each in the form that is the cheapest to send. */
  get parts(): { status: number; statusText: string; headers: Headers | Record<string, string>; body: Body } {
    const { status, statusText = '' } = this.#init;
    const body = this.#native === undefined ? this.#body : this.#native.body;
    if (this.#headers === undefined) return { status, statusText, headers: this.#init.headers, body };
    // Node.js sends a string and the headers before it in one encoding, and these may be in Latin-1.
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    return { status, statusText, headers: this.#headers, body: bytes };
  }
}

/** Whether Node.js can send these headers as they are, also together with a string: in ASCII, with valid names. */
function isPlain(headers: Init['headers']): boolean {
  if (headers instanceof Headers) return false;
  for (const name in headers) {
    if (!/^[\w-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(headers[name] ?? '')) return false;
  }
  return true;
}
