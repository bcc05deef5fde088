/** Creates a signal. `own()` is the one that it replaces, and `undefined` on Azure Functions, whose requests have none. */
export type CreateSignal = (own: () => AbortSignal | undefined) => AbortSignal | undefined;

export type ReadSignal = (request: Request) => AbortSignal | undefined;

/** A signal that is created when it is first read. */
class LazySignal {
  readonly #create: CreateSignal;
  readonly #readOwn: ReadSignal;
  #signal: AbortSignal | undefined;

  /** @param readOwn Reads the signal that this one replaces. */
  constructor(create: CreateSignal, readOwn: ReadSignal) {
    this.#create = create;
    this.#readOwn = readOwn;
  }

  read(request: Request): AbortSignal | undefined {
    this.#signal ??= this.#create(() => this.#readOwn(request));
    return this.#signal;
  }
}

const lazySignal: unique symbol = Symbol('signal');

export interface Replaced extends Request {
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

/** Reads the signal of the class, whatever has replaced it. */
function inherited(request: Request): AbortSignal | undefined {
  try {
    return Reflect.get(Object.getPrototypeOf(request), 'signal', request);
  } catch {
    // Next.js passes a Proxy, and only its own `get` reaches the members of the class.
    const replaced = Object.getOwnPropertyDescriptor(request, 'signal');
    if (replaced !== undefined) Reflect.deleteProperty(request, 'signal');
    const { signal } = request;
    if (replaced !== undefined) Object.defineProperty(request, 'signal', replaced);
    return signal;
  }
}

/**
 * Returns what reads the signal that a request has now, whatever replaces it afterwards.
 *
 * @param own The property of the request, if there is one.
 */
export function signalOf(
  request: Replaced,
  own: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(request, 'signal'),
): ReadSignal {
  if (own === undefined) return inherited;
  if (own.get !== shared.get) return (actual) => (own.get === undefined ? own.value : own.get.call(actual));
  const replaced = request[lazySignal];
  return (actual) => replaced?.read(actual);
}

/**
 * Replaces the signal of a request in place, because `new Request` cannot copy the requests of every bridge. The new
 * signal is created, and the request's own signal is read, only when the signal is used, because reading it makes Deno
 * print a warning.
 */
export function replaceSignal(request: Replaced, create: CreateSignal): void {
  const own = Object.getOwnPropertyDescriptor(request, 'signal');
  request[lazySignal] = new LazySignal(create, signalOf(request, own));
  if (own?.get !== shared.get) Object.defineProperty(request, 'signal', shared);
}
