import type { FetchAPI } from './options.ts';

/**
 * Keeps the invocation alive until the promise has settled, where the platform has a word for that: `ctx` on Workers,
 * the server context of @whatwg-node/server, the event of a middleware. Elsewhere a process outlives its requests.
 */
export function waitUntil(platform: readonly unknown[], promise: Promise<unknown>): void {
  find(platform, 'waitUntil')?.waitUntil(promise.catch(() => {}));
}

/** The classes of a bridge to Node that passes them to the handler, as it sends its own at a fraction of the cost. */
export function fetchAPIOf(platform: readonly unknown[]): FetchAPI {
  return find(platform, 'Response') ?? globalThis;
}

interface Offers extends FetchAPI {
  waitUntil(promise: Promise<unknown>): void;
}

/** The argument that has a function of that name. */
function find<Name extends keyof Offers>(platform: readonly unknown[], name: Name): Pick<Offers, Name> | undefined {
  return platform.find((argument): argument is Pick<Offers, Name> => {
    return typeof (argument as Partial<Offers> | null | undefined)?.[name] === 'function';
  });
}
