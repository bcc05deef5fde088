/** Creates a signal. `own()` is the one that it replaces, and `undefined` on Azure Functions, whose requests have none. */
export type CreateSignal = (own: () => AbortSignal | undefined) => AbortSignal | undefined;

/** A signal that is created when it is first read. */
class LazySignal {
  readonly #create: CreateSignal;
  #signal: AbortSignal | undefined;

  constructor(create: CreateSignal) {
    this.#create = create;
  }

  /** `own` describes the property that the signal replaces. */
  read(request: Request, own: PropertyDescriptor): AbortSignal | undefined {
    this.#signal ??= this.#create(() => (own.get === undefined ? own.value : own.get.call(request)));
    return this.#signal;
  }
}

const lazySignal = Symbol('signal');

interface Replaced extends Request {
  [lazySignal]?: LazySignal;
}

/** The getter of the class. */
const inherited: PropertyDescriptor = {
  get(this: Request): AbortSignal | undefined {
    return Reflect.get(Object.getPrototypeOf(this), 'signal', this);
  },
};

/** With a getter of its own, every access to a request would be slower: engines treat those alike that share one. */
const shared: PropertyDescriptor = {
  configurable: true,
  get(this: Replaced) {
    return this[lazySignal]?.read(this, inherited);
  },
};

/**
 * Replaces the signal of a request in place, because `new Request` cannot copy the requests of every bridge. The new
 * signal is created, and the request's own signal is read, only when the signal is used, because reading it makes Deno
 * print a warning.
 */
export function replaceSignal(request: Request, create: CreateSignal): void {
  const signal = new LazySignal(create);
  // The signal that another wrapper has set.
  const own = Object.getOwnPropertyDescriptor(request, 'signal');
  if (own === undefined) {
    (request as Replaced)[lazySignal] = signal;
    Object.defineProperty(request, 'signal', shared);
    return;
  }
  Object.defineProperty(request, 'signal', {
    configurable: true,
    // `this` is the request itself, even if `request` is a Proxy around it.
    get(this: Request) {
      return signal.read(this, own);
    },
  });
}
