import { keyOf } from './key.ts';

/** How many URLs are remembered. The oldest ones make room for new ones. */
const maxURLs = 1000;

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 and https://www.rfc-editor.org/rfc/rfc10008 */
const safeMethods = /^(GET|HEAD|OPTIONS|QUERY|TRACE)$/;

/** The longest URL that is its own name. V8 gives all long strings of one length the same hash. */
const maxName = 256;

/**
 * The URLs to which this process has received unsafe requests, which make older entries invalid.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-4.4
 */
export class Invalidations {
  /** When the last response was made, in milliseconds since 1970, by the name of the URL. */
  readonly #times = new Map<string, number>();
  /** Whether one of them had a query, as the URL of a GET has. Only a QUERY has entries at a URL without one. */
  #hasSearch = false;

  /** Takes note of an unsafe request without an error. */
  async add(request: Request, { status }: Response): Promise<void> {
    if (status >= 400 || safeMethods.test(request.method)) return;
    const name = await nameOf(request);
    if (name === undefined) return;
    this.#hasSearch ||= request.url.includes('?');
    this.#times.delete(name);
    this.#times.set(name, Date.now());
    const [oldest] = this.#times.keys();
    if (this.#times.size > maxURLs && oldest !== undefined) this.#times.delete(oldest);
  }

  /** Returns the time until which entries of the URL are invalid. */
  async timeOf(request: Request): Promise<number | undefined> {
    if (this.#times.size === 0 || (request.url.includes('?') && !this.#hasSearch)) return undefined;
    const name = await nameOf(request);
    return name === undefined ? undefined : this.#times.get(name);
  }
}

/** Returns a name that is the same for all forms of a URL to which Apollo's response is the same. */
async function nameOf(request: Request): Promise<string | undefined> {
  const { url } = request;
  if (!url.includes('?') && url.length <= maxName) return url;
  return (await keyOf(request, [])) ?? (await keyOf(request, [], ''));
}
