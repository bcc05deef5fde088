/**
 * Replaces the signal of a request in place, because `new Request` cannot copy the requests of every bridge. The new
 * signal is created, and the request's own signal is read, only when the signal is used, because reading it makes Deno
 * print a warning.
 *
 * @param replace Creates the new signal. `own()` is `undefined` on Azure Functions, whose requests have no signal.
 */
export function replaceSignal(request: Request, replace: (own: () => AbortSignal | undefined) => AbortSignal): void {
  // The signal that another wrapper has set, else the getter of the class.
  const own = Object.getOwnPropertyDescriptor(request, 'signal') ?? {
    get(this: Request): AbortSignal | undefined {
      return Reflect.get(Object.getPrototypeOf(request), 'signal', this);
    },
  };
  let signal: AbortSignal | undefined;
  Object.defineProperty(request, 'signal', {
    configurable: true,
    // `this` is the request itself, even if `request` is a Proxy around it.
    get(this: Request) {
      signal ??= replace(() => (own.get === undefined ? own.value : own.get.call(this)));
      return signal;
    },
  });
}
