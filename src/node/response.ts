import type { FetchAPI } from '../core/options.ts';
import { complete } from './native.ts';

type Body = ConstructorParameters<FetchAPI['Response']>[0];
type Init = ConstructorParameters<FetchAPI['Response']>[1];

/** What Node is to send. */
export interface Parts {
  readonly status: number;
  readonly headers: Record<string, string> | string[];
  readonly body: Body;
}

/** An answer as it was made, for Node to send as it is. */
export class NodeResponse {
  readonly #body: Body;
  readonly #init: Init;
  /** Unless those of `init` can be sent as they are. */
  #headers: Headers | undefined;
  #native: Response | undefined;

  static {
    complete(NodeResponse, Response);
  }

  constructor(body: Body, init: Init) {
    this.#body = body;
    this.#init = init;
    // Whatever is odd, the native classes say what becomes of it.
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

  get parts(): Parts {
    const { status, headers } = this.#init;
    const body = this.#native === undefined ? this.#body : this.#native.body;
    if (this.#headers === undefined && !(headers instanceof Headers)) return { status, headers, body };
    // Node sends a text in one encoding with the headers before it, and one of these may be in Latin-1.
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    return { status, headers: [...this.headers].flat(), body: bytes };
  }
}

/** Whether these are headers that Node sends as they are, also in one piece with a text: of ASCII alone. */
function isPlain(headers: Init['headers']): boolean {
  if (headers instanceof Headers) return false;
  for (const name in headers) {
    if (!/^[\w-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(headers[name] ?? '')) return false;
  }
  return true;
}
