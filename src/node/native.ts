/**
 * Gives a class the members of a native one that it does not define itself, and makes its instances `instanceof` that
 * one. The members are those of `native`, which each instance makes of itself when it is first asked for one of them.
 */
export function complete(
  view: { readonly prototype: { native: object } },
  native: { readonly prototype: object },
): void {
  for (const name of Reflect.ownKeys(native.prototype)) {
    if (Object.hasOwn(view.prototype, name)) continue;
    Object.defineProperty(view.prototype, name, {
      configurable: true,
      get(this: { native: object }) {
        const value: unknown = Reflect.get(this.native, name);
        return typeof value === 'function' ? value.bind(this.native) : value;
      },
    });
  }
  Object.setPrototypeOf(view.prototype, native.prototype);
}
