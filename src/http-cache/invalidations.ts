import { keyOf } from './key.ts';

/** How many URLs are remembered. The oldest ones make room for new ones. */
const maxURLs = 1000;

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 and https://www.rfc-editor.org/rfc/rfc10008 */
const safeMethods = /^(GET|HEAD|OPTIONS|QUERY|TRACE)$/;

/**
 * The URLs to which this process has received unsafe requests, which make older entries invalid.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-4.4
 */
export class Invalidations {
  /** When the last response was made, in milliseconds since 1970, by the key of the URL alone. */
  readonly #times = new Map<string, number>();

  /** Takes note of an unsafe request without an error. A URL without a query has no entries. */
  async add(request: Request, { status }: Response): Promise<void> {
    if (status >= 400 || safeMethods.test(request.method) || !request.url.includes('?')) return;
    const key = await keyOf(request, []);
    if (key === undefined) return;
    this.#times.delete(key);
    this.#times.set(key, Date.now());
    const [oldest] = this.#times.keys();
    if (this.#times.size > maxURLs && oldest !== undefined) this.#times.delete(oldest);
  }

  /** Returns the time until which entries of the URL are invalid. */
  async timeOf(request: Request): Promise<number | undefined> {
    if (this.#times.size === 0) return undefined;
    const key = await keyOf(request, []);
    return key === undefined ? undefined : this.#times.get(key);
  }
}
