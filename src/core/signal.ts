/**
 * Puts another signal into a request: not every bridge has requests that `new Request` could copy. It is made, and the
 * request's own signal is read, only when somebody asks for it: Deno prints a warning as soon as a program looks at its.
 *
 * @param replace Makes the signal. Its own is `undefined` on Azure Functions, whose requests have none.
 */
export function replaceSignal(request: Request, replace: (own: () => AbortSignal | undefined) => AbortSignal): void {
  // What another wrapper has put there, or else the getter of the class.
  const own = Object.getOwnPropertyDescriptor(request, 'signal') ?? {
    get(this: Request): AbortSignal | undefined {
      return Reflect.get(Object.getPrototypeOf(request), 'signal', this);
    },
  };
  let signal: AbortSignal | undefined;
  Object.defineProperty(request, 'signal', {
    configurable: true,
    // `this` is the request itself also where `request` is a Proxy around it.
    get(this: Request) {
      signal ??= replace(() => (own.get === undefined ? own.value : own.get.call(this)));
      return signal;
    },
  });
}
