/** Creates a signal. `own()` is the one that it replaces, and `undefined` on Azure Functions, whose requests have none. */
export type CreateSignal = (own: () => AbortSignal | undefined) => AbortSignal | undefined;

/** A signal that is created when it is first read. */
class LazySignal {
  readonly #create: CreateSignal;
  readonly #readOwn: (request: Request) => AbortSignal | undefined;
  #signal: AbortSignal | undefined;

  /** @param readOwn Reads the signal that this one replaces. */
  constructor(create: CreateSignal, readOwn: (request: Request) => AbortSignal | undefined) {
    this.#create = create;
    this.#readOwn = readOwn;
  }

  read(request: Request): AbortSignal | undefined {
    this.#signal ??= this.#create(() => this.#readOwn(request));
    return this.#signal;
  }
}

const lazySignal: unique symbol = Symbol('signal');

interface Replaced extends Request {
  [lazySignal]?: LazySignal;
}

/** With a getter of its own, every access to a request would be slower: engines treat those alike that share one. */
const shared: PropertyDescriptor = {
  configurable: true,
  // `this` is the request itself, even if there is a Proxy around it.
  get(this: Replaced) {
    return this[lazySignal]?.read(this);
  },
};

/** Reads the signal of the class. */
function inherited(request: Request): AbortSignal | undefined {
  return Reflect.get(Object.getPrototypeOf(request), 'signal', request);
}

/**
 * Replaces the signal of a request in place, because `new Request` cannot copy the requests of every bridge. The new
 * signal is created, and the request's own signal is read, only when the signal is used, because reading it makes Deno
 * print a warning.
 */
export function replaceSignal(request: Replaced, create: CreateSignal): void {
  const own = Object.getOwnPropertyDescriptor(request, 'signal');
  if (own?.get === shared.get) {
    // Another wrapper has replaced it before.
    const outer = request[lazySignal];
    request[lazySignal] = new LazySignal(create, (actual) => outer?.read(actual));
    return;
  }
  request[lazySignal] = new LazySignal(
    create,
    own === undefined ? inherited : (actual) => (own.get === undefined ? own.value : own.get.call(actual)),
  );
  Object.defineProperty(request, 'signal', shared);
}
