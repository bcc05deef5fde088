/**
 * The headers that overrule `Cache-Control` in the caches that they are meant for: in CDNs, as RFC 9213 defines it, and
 * in nginx, LiteSpeed, and what understands Edge Side Includes.
 */
const targeted = /-cache-control$|(surrogate|edge)-control$|^x-accel-expires$/;

/** Removes the headers that overrule `Cache-Control`. */
export function removeTargeted(headers: { keys(): Iterable<string>; delete(name: string): unknown }): void {
  for (const name of [...headers.keys()]) if (targeted.test(name)) headers.delete(name);
}
