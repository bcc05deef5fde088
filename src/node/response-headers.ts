import { delegate } from './delegate.ts';

/** Headers by their names in lower case. Only cookies may have several values. */
export type HeaderRecord = Record<string, string | string[]>;

/**
 * The headers of a response, as the object that Node.js sends. A native object is created only for members that this
 * class does not define, and for headers that are not plain.
 */
export class NodeResponseHeaders {
  readonly #record: HeaderRecord = {};
  #native: Headers | undefined;

  static {
    delegate(NodeResponseHeaders, () => new Headers());
  }

  /** @param headers Plain headers. */
  constructor(headers: Readonly<Record<string, string>>) {
    for (const name in headers) this.#record[name.toLowerCase()] = headers[name] ?? '';
  }

  /** `undefined` once there is a native object. */
  get record(): HeaderRecord | undefined {
    return this.#native === undefined ? this.#record : undefined;
  }

  get(name: string): string | null {
    if (this.#native !== undefined) return this.#native.get(name);
    const value = this.#own(name);
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  }

  has(name: string): boolean {
    return this.#native?.has(name) ?? this.#own(name) !== undefined;
  }

  set(name: string, value: string): void {
    if (this.#native === undefined && isPlain(name, value)) this.#record[name.toLowerCase()] = value;
    else this.native.set(name, value);
  }

  append(name: string, value: string): void {
    // White space at the end of a list is a special case that the native class knows.
    if (this.#native !== undefined || value === '' || !isPlain(name, value)) {
      this.native.append(name, value);
      return;
    }
    const key = name.toLowerCase();
    const old = this.#own(key);
    if (old === undefined) this.#record[key] = value;
    else if (key === 'set-cookie') this.#record[key] = [old, value].flat();
    else this.#record[key] = `${old}, ${value}`;
  }

  delete(name: string): void {
    if (this.#native === undefined) delete this.#record[name.toLowerCase()];
    else this.#native.delete(name);
  }

  /** Takes the place of the own headers: those of a native response that was made with them. */
  set native(headers: Headers) {
    this.#native = headers;
  }

  get native(): Headers {
    if (this.#native === undefined) {
      const native = new Headers();
      for (const [name, value] of Object.entries(this.#record)) {
        for (const one of [value].flat()) native.append(name, one);
      }
      this.#native = native;
    }
    return this.#native;
  }

  #own(name: string): string | string[] | undefined {
    const key = name.toLowerCase();
    return Object.hasOwn(this.#record, key) ? this.#record[key] : undefined;
  }
}

/**
 * Whether a header is ASCII with a valid name, has no white space around its value, and leaves the framing alone.
 * Node.js can send it as it is, even with a string as the body.
 */
export function isPlain(name: string, value: string): boolean {
  return (
    /^(?!(content-length|transfer-encoding)$)[\w-]+$/i.test(name) &&
    /^(?! )[\x20-\x7e]*$/.test(value) &&
    !value.endsWith(' ')
  );
}
