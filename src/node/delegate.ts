interface View {
  native: object;
}

const waiting: (() => void)[] = [];

/**
 * Makes the instances of a class `instanceof` the class of a global object. All members that they do not define are
 * taken from their `native` property, which creates the native object when it is first read. The object's own
 * properties are taken too, because Node.js and Deno keep the state of their streams in such properties.
 *
 * This waits for the first request. Until then, other code may replace the global classes: undici, a bridge to Node.js,
 * or a test environment, which may also lack some of them.
 */
export function delegate({ prototype: view }: { readonly prototype: View }, createExample: () => object): void {
  waiting.push(() => {
    const example = createExample();
    for (const [name, member] of membersOf(example)) {
      if (!Object.hasOwn(view, name)) Object.defineProperty(view, name, forward(name, member));
    }
    Object.setPrototypeOf(view, example);
  });
}

/** Does what waits for the first request. If that fails, the next request tries again. */
export function delegateAll(): void {
  if (waiting.length === 0) return;
  for (const link of waiting) link();
  waiting.length = 0;
}

/** Lists the members of an object and of its prototypes, because a class that replaces a global one may extend it. */
function membersOf(object: object): [PropertyKey, PropertyDescriptor][] {
  const parent: object | null = Object.getPrototypeOf(object);
  if (parent === null) return [];
  const own = Reflect.ownKeys(object).map((name): [PropertyKey, PropertyDescriptor] => [
    name,
    Object.getOwnPropertyDescriptor(object, name) ?? {},
  ]);
  return [...own, ...membersOf(parent)];
}

/** Looks a method up when it is called, because the native object may be of another class than the example. */
function forward(name: PropertyKey, { value, writable }: PropertyDescriptor): PropertyDescriptor & ThisType<View> {
  if (typeof value === 'function') {
    return {
      configurable: true,
      writable: true,
      value(...args: unknown[]): unknown {
        const { native } = this;
        return Reflect.apply(Reflect.get(native, name), native, args);
      },
    };
  }
  return {
    configurable: true,
    get(): unknown {
      return Reflect.get(this.native, name);
    },
    // Deno writes such properties too.
    ...(writable && {
      set(value: unknown): void {
        Reflect.set(this.native, name, value);
      },
    }),
  };
}
