interface WaitUntil {
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Keeps the invocation alive until the promise has settled, where the platform has a word for that: `ctx` on Workers,
 * the server context of @whatwg-node/server, the event of a middleware. Elsewhere a process outlives its requests.
 */
export function waitUntil(platform: readonly unknown[], promise: Promise<unknown>): void {
  platform.find(hasWaitUntil)?.waitUntil(promise.catch(() => {}));
}

function hasWaitUntil(argument: unknown): argument is WaitUntil {
  return typeof (argument as WaitUntil | null | undefined)?.waitUntil === 'function';
}
