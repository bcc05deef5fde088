import { removeTargeted } from '../shared/targeted.ts';
import { type Directives, parseCacheControl, secondsOf, withPrivate } from './cache-control.ts';
import type { Entry } from './entry.ts';

/** How long a response may be served, in seconds. */
export interface Freshness {
  /** How long it is fresh. https://www.rfc-editor.org/rfc/rfc9111#section-4.2.1 */
  readonly lifetime: number;
  /**
   * How long it may be served after that, while another one is made. https://www.rfc-editor.org/rfc/rfc5861#section-3
   */
  readonly staleFor: number;
}

/** `CDN-Cache-Control` is obeyed where it is stricter than `Cache-Control`. */
export function freshnessOf(headers: Headers): Freshness {
  const all = controlsOf(headers).map(freshnessIn);
  return {
    lifetime: Math.min(...all.map(({ lifetime }) => lifetime)),
    staleFor: Math.min(...all.map(({ staleFor }) => staleFor)),
  };
}

/** The directives of `Cache-Control`, and those for shared caches alone. https://www.rfc-editor.org/rfc/rfc9213 */
function controlsOf(headers: Headers): Directives[] {
  const forShared = headers.get('cdn-cache-control');
  const all = parseCacheControl(headers.get('cache-control'));
  return forShared === null ? [all] : [all, parseCacheControl(forShared)];
}

function freshnessIn(directives: Directives): Freshness {
  const lifetime = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age') ?? 0;
  // Each of these forbids a stale response. https://www.rfc-editor.org/rfc/rfc9111#section-4.2.4
  const mustBeFresh = ['must-revalidate', 'proxy-revalidate', 's-maxage'].some((name) => directives.has(name));
  return { lifetime, staleFor: mustBeFresh ? 0 : (secondsOf(directives, 'stale-while-revalidate') ?? 0) };
}

/** Whether some cache may keep the response, even if only the browser's. */
export function isCacheable(headers: Headers): boolean {
  return headers.has('cache-control') && !parseCacheControl(headers.get('cache-control')).has('no-store');
}

/** The directives that forbid this cache to keep a response. */
const forbidding = ['no-cache', 'no-store', 'private'];

/**
 * Whether this cache may keep a response. The response must be explicitly `public` and fresh for some time, and vary by
 * no headers other than those that the key holds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-3
 */
export function isStorable(headers: Headers, keyed: readonly string[]): boolean {
  const controls = controlsOf(headers);
  if (!controls[0]?.has('public')) return false;
  if (controls.some((directives) => forbidding.some((name) => directives.has(name)))) return false;
  return freshnessOf(headers).lifetime > 0 && namesIn(headers.get('vary')).every((name) => keyed.includes(name));
}

/** The names of a list of headers, in lower case. */
export function namesIn(header: string | null): string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

/** How a stored response can be reused for the request: as fresh, as stale if both allow it, or not at all. */
export function reuseOf(entry: Entry, wanted: Directives): 'fresh' | 'stale' | undefined {
  // https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.4
  if (wanted.has('no-cache')) return undefined;
  const { lifetime } = freshnessOf(entry.headers);
  const age = ageOf(entry);
  const maxAge = secondsOf(wanted, 'max-age');
  const minFresh = secondsOf(wanted, 'min-fresh');
  if (age < lifetime && age <= (maxAge ?? age) && lifetime - age >= (minFresh ?? 0)) return 'fresh';
  // A client that names an age does not want a stale response. https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.1
  return maxAge === undefined && minFresh === undefined && isUsable(entry) ? 'stale' : undefined;
}

/** Whether a stored response can still be served to anybody. */
export function isUsable(entry: Entry): boolean {
  const { lifetime, staleFor } = freshnessOf(entry.headers);
  return ageOf(entry) < lifetime + staleFor;
}

/** The age of an entry, in seconds. https://www.rfc-editor.org/rfc/rfc9111#section-4.2.3 */
export function ageOf({ generated }: Entry): number {
  return Math.max(0, (Date.now() - generated) / 1000);
}

/**
 * Makes a response private to the client that gets it, for every cache on the way.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.7
 */
export function makePrivate(headers: Headers): void {
  removeTargeted(headers);
  headers.set('cache-control', withPrivate(headers.get('cache-control')));
}
