/**
 * A short sequence of bytes that begins with a CR, and a fast way to find it.
 *
 * @see https://en.wikipedia.org/wiki/Boyer%E2%80%93Moore%E2%80%93Horspool_algorithm
 */
export class Pattern {
  readonly #bytes: Uint8Array;
  /** How far to move the pattern, by the byte under its end. */
  readonly #shifts: Uint8Array;

  constructor(text: string) {
    this.#bytes = new TextEncoder().encode(text);
    this.#shifts = new Uint8Array(256).fill(this.length);
    this.#bytes.subarray(0, -1).forEach((byte, index) => {
      this.#shifts[byte] = this.length - 1 - index;
    });
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The index of the first occurrence, -1 if there is none. */
  indexIn(bytes: Uint8Array): number {
    const pattern = this.#bytes;
    const shifts = this.#shifts;
    const last = pattern.length - 1;
    for (let start = 0; start + last < bytes.length; start += shifts[bytes[start + last] ?? 0] ?? 1) {
      // Compares from the front. A boundary has no CR, so bytes that were equal once are not compared again.
      let matched = 0;
      while (matched <= last && bytes[start + matched] === pattern[matched]) matched++;
      if (matched > last) return start;
    }
    return -1;
  }
}
