import { complete } from './native.ts';

const none = new Headers();

/** The headers of a request as Node has parsed them. */
export class NodeHeaders {
  readonly #headers: Readonly<Record<string, string | string[] | undefined>>;
  #native: Headers | undefined;

  static {
    complete(NodeHeaders, Headers);
  }

  constructor(headers: Readonly<Record<string, string | string[] | undefined>>) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    if (this.#native !== undefined) return this.#native.get(name);
    const key = name.toLowerCase();
    // Which names none can have, the native class says.
    if (!Object.hasOwn(this.#headers, key)) return none.get(name);
    const value = this.#headers[key];
    return Array.isArray(value) ? value.join(', ') : String(value);
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void): void {
    if (this.#native !== undefined) {
      this.#native.forEach(callback);
      return;
    }
    const headers = this as unknown as Headers;
    for (const name in this.#headers) {
      const value = this.#headers[name];
      if (!Array.isArray(value)) callback(String(value), name, headers);
      else for (const one of value) callback(one, name, headers);
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
