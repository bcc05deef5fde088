import fc, { type Arbitrary } from 'fast-check';

// By default, few lists get longer than ten items, whatever their maximum.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });

/** Gives a value of `other` in this share of the cases. A fault shrinks towards `simple`. */
export function either<A, B>(simple: Arbitrary<A>, share: number, other: Arbitrary<B>): Arbitrary<A | B> {
  const weight = Math.round(share * 1000);
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 1000 - weight, arbitrary: simple },
    { weight, arbitrary: other },
  );
}

/** Gives a value in this share of the cases, and otherwise `undefined`. */
export function optional<T>(share: number, arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return either(fc.constant(undefined), share, arbitrary);
}

/** Gives an object of the entries that are not `undefined`. The entry `more` has any key. */
export function fields<T>(
  entries: Readonly<Record<string, Arbitrary<T | undefined>>>,
  more: Arbitrary<readonly [string, T] | undefined>,
): Arbitrary<Record<string, T>> {
  return fc.tuple(fc.record(entries), more).map(([known, more]) => {
    const all = [...Object.entries(known), ...(more === undefined ? [] : [more])];
    return Object.fromEntries(all.filter((entry): entry is [string, T] => entry[1] !== undefined));
  });
}

/** Chooses one of this many indexes. */
export type Index = (count: number) => number;

/** Gives an index for a list whose length is not yet known. */
export const anyIndex: Arbitrary<Index> = fc
  .nat(2 ** 31 - 1)
  .map((choice) => (count) => Math.floor((choice / 2 ** 31) * count));
