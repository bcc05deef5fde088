import type { FetchAPI } from '../core/options.ts';
import { delegate } from './delegate.ts';

type Body = ConstructorParameters<FetchAPI['Response']>[0];
type Init = ConstructorParameters<FetchAPI['Response']>[1] & { readonly statusText?: string };

/** A `Response` that keeps the values that it was created with, so that Node.js can send them directly. */
export class NodeResponse {
  readonly #body: Body;
  readonly #init: Init;
  /** `undefined` as long as the headers of `init` can be sent as they are. */
  #headers: Headers | undefined;
  #native: Response | undefined;

  static {
    delegate(NodeResponse, () => new Response());
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

  /** The parts of the response, each in the form that is cheapest to send. */
  get parts(): { status: number; statusText: string; headers: Headers | Record<string, string>; body: Body } {
    const { status, statusText = '' } = this.#init;
    const body = this.#native === undefined ? this.#body : this.#native.body;
    if (this.#headers === undefined) return { status, statusText, headers: this.#init.headers, body };
    // Node.js sends a string and the headers before it in one encoding. Headers may be in Latin-1, so the body becomes
    // bytes.
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    return { status, statusText, headers: this.#headers, body: bytes };
  }
}

/**
 * Whether the headers are ASCII with valid names, and leave the framing to Node.js. Node.js can send these as they are,
 * even with a string as the body.
 */
function isPlain(headers: Init['headers']): boolean {
  if (headers instanceof Headers) return false;
  for (const name in headers) {
    if (!/^(?!transfer-encoding$)[\w-]+$/i.test(name) || !/^[\x20-\x7e]*$/.test(headers[name] ?? '')) return false;
  }
  return true;
}
