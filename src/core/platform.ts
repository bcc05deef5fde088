import { logSafely } from './log.ts';
import type { FetchAPI } from './options.ts';

/** Loads `cloudflare:workers` without an `import`, which bundlers and other runtimes would have to resolve. */
declare const process: {
  getBuiltinModule?(id: string): WaitsUntil | undefined;
};

interface WaitsUntil {
  waitUntil(promise: Promise<unknown>): void;
}

/** The module of Workers, looked up once, and empty elsewhere. */
let workers: Partial<WaitsUntil> | undefined;

function workersModule(): WaitsUntil | undefined {
  try {
    return process.getBuiltinModule?.('cloudflare:workers');
  } catch {
    // The Edge runtime of Next.js has this function, but it throws.
    return undefined;
  }
}

/** Returns what can keep the invocation alive, on a platform that ends it with its response. */
function ownerOf(platform: readonly unknown[]): Partial<WaitsUntil> {
  workers ??= workersModule() ?? {};
  return find(platform, 'waitUntil', (value) => typeof value === 'function') ?? workers;
}

/** Whether an invocation ends with its response, and with it all that it has begun, such as timers. */
export function endsWithResponse(platform: readonly unknown[]): boolean {
  return ownerOf(platform).waitUntil !== undefined;
}

/**
 * Keeps the invocation alive until the promise has settled, on a platform that ends it with its response. Such a
 * platform passes `waitUntil` in an argument: `ctx` on Workers, the server context of @whatwg-node/server, the event of
 * a middleware. Workers also has it in a module, because some frameworks pass on only the request. Elsewhere a process
 * outlives its requests.
 */
export function waitUntil(
  platform: readonly unknown[],
  promise: Promise<unknown>,
  logger: { error(message: unknown): void } = console,
): void {
  try {
    ownerOf(platform).waitUntil?.(promise.catch(() => {}).then(nextTurn));
  } catch (error) {
    // Workers' method throws without its `this`: `const { waitUntil } = ctx`. The response is good all the same.
    logSafely(() => logger.error(error));
  }
}

/** Apollo Server begins to send a usage report one turn after it has made the response. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/**
 * Returns the `Response` class that a bridge to Node, or its user, passes to the handler, because the bridge sends that
 * class faster. Without one, it is the global class.
 */
export function fetchAPIOf(platform: readonly unknown[]): FetchAPI {
  // Every bridge has a class of its own, so it is recognised by a method of responses.
  return find(platform, 'Response', ({ prototype }) => 'arrayBuffer' in prototype) ?? globalThis;
}

interface Offered extends FetchAPI, WaitsUntil {}

/**
 * Finds the last argument that has a suitable member of this name. The user's own bindings, such as `env` on Workers,
 * may have the same names, but they come before the platform's objects.
 */
function find<TName extends keyof Offered>(
  platform: readonly unknown[],
  name: TName,
  isSuitable: (value: { readonly prototype: object }) => boolean,
): Pick<Offered, TName> | undefined {
  return platform.findLast((argument): argument is Pick<Offered, TName> => {
    try {
      const object = Object(argument);
      // `in` comes first, because an `env` that validates its variables throws when an unknown one is read.
      return name in object && isSuitable(object[name]);
    } catch {
      return false;
    }
  });
}
