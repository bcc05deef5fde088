/**
 * Makes the instances of a class `instanceof` a native class. Members that the class does not define are taken from its
 * `native` property, which creates the native object when it is first read. The own properties of `sample` are taken
 * from it too, because Node.js recognises its streams by such properties.
 */
export function delegate(
  view: { readonly prototype: { native: object } },
  native: { readonly prototype: object },
  sample: object = {},
): void {
  for (const name of [...Reflect.ownKeys(native.prototype), ...Reflect.ownKeys(sample)]) {
    if (Object.hasOwn(view.prototype, name)) continue;
    const member: unknown = Object.getOwnPropertyDescriptor(native.prototype, name)?.value;
    Object.defineProperty(view.prototype, name, {
      configurable: true,
      ...(typeof member === 'function'
        ? {
            writable: true,
            value(this: { native: object }, ...args: unknown[]): unknown {
              return Reflect.apply(member, this.native, args);
            },
          }
        : {
            get(this: { native: object }): unknown {
              return Reflect.get(this.native, name);
            },
          }),
    });
  }
  Object.setPrototypeOf(view.prototype, native.prototype);
}
