import type { FetchAPI } from './options.ts';

/**
 * Keeps the invocation alive until the promise has settled, if a platform argument has `waitUntil`. Examples are `ctx`
 * on Workers, the server context of @whatwg-node/server, and the event of a middleware. Elsewhere a process outlives
 * its requests.
 */
export function waitUntil(platform: readonly unknown[], promise: Promise<unknown>): void {
  find(platform, 'waitUntil', (value) => typeof value === 'function')?.waitUntil(
    promise.catch(() => {}).then(nextTurn),
  );
}

/** Apollo Server begins to send a usage report one turn after it has made the response. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/**
 * Returns the `Response` class that a bridge to Node passes to the handler, because it sends its own class faster.
 * Without a bridge, it is the global one.
 */
export function fetchAPIOf(platform: readonly unknown[]): FetchAPI {
  // Every bridge has a class of its own, so it is recognised by a method of responses.
  return find(platform, 'Response', ({ prototype }) => 'arrayBuffer' in prototype) ?? globalThis;
}

interface Offers extends FetchAPI {
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Finds the last argument that has a suitable member of this name. The user's own bindings, such as `env` on Workers,
 * may have the same names, but they come before the platform's objects.
 */
function find<Name extends keyof Offers>(
  platform: readonly unknown[],
  name: Name,
  isOffer: (value: { readonly prototype: object }) => boolean,
): Pick<Offers, Name> | undefined {
  return platform.findLast((argument): argument is Pick<Offers, Name> => {
    try {
      const object = Object(argument);
      // `in` comes first, because an `env` that validates its variables throws when an unknown one is read.
      return name in object && isOffer(object[name]);
    } catch {
      return false;
    }
  });
}
