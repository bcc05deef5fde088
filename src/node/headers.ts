import { delegate } from './delegate.ts';

let none: Headers | undefined;

/** The headers of a request as Node.js has parsed them. */
export class NodeHeaders {
  readonly #headers: Readonly<Record<string, string | string[] | undefined>>;
  #native: Headers | undefined;

  static {
    delegate(NodeHeaders, () => new Headers());
  }

  constructor(headers: Readonly<Record<string, string | string[] | undefined>>) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    if (this.#native !== undefined) return this.#native.get(name);
    const key = name.toLowerCase();
    const value = Object.hasOwn(this.#headers, key) ? this.#headers[key] : undefined;
    if (value === undefined || isPseudo(key)) {
      // The native class rejects invalid names.
      none ??= new Headers();
      return none.get(name);
    }
    return Array.isArray(value) ? value.join(', ') : String(value);
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    const headers = this as unknown as Headers;
    if (this.#native !== undefined) {
      for (const [name, value] of this.#native) callback.call(thisArg, value, name, headers);
      return;
    }
    for (const name in this.#headers) {
      const value = this.#headers[name];
      if (value === undefined || isPseudo(name)) continue;
      if (!Array.isArray(value)) callback.call(thisArg, String(value), name, headers);
      else for (const one of value) callback.call(thisArg, one, name, headers);
    }
  }

  get native(): Headers {
    if (this.#native === undefined) {
      const native = new Headers();
      this.forEach((value, name) => {
        native.append(name, value);
      });
      this.#native = native;
    }
    return this.#native;
  }
}

/** Whether a name belongs to an HTTP/2 pseudo-header, such as `:path`. */
function isPseudo(name: string): boolean {
  return name.startsWith(':');
}
