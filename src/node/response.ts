import type { FetchAPI } from '../core/options.ts';
import { complete } from './native.ts';

type Body = ConstructorParameters<FetchAPI['Response']>[0];
type Init = ConstructorParameters<FetchAPI['Response']>[1];

/** What Node is to send. */
export interface Parts {
  readonly status: number;
  readonly headers: Init['headers'];
  readonly body: Body;
}

/** An answer as it was made, for Node to send as it is. */
export class NodeResponse {
  readonly #body: Body;
  readonly #init: Init;
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
    const body = this.#native === undefined ? this.#body : this.#native.body;
    return { status: this.#init.status, headers: this.#headers ?? this.#init.headers, body };
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
