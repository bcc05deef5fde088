import fc, { type Arbitrary } from 'fast-check';
import { anyIndex, type Index, optional } from './choice.ts';

type Mutation = (before: Uint8Array, after: Uint8Array, byte: number, count: number) => Uint8Array;

const mutations: readonly Mutation[] = [
  (before) => before,
  (before, after, byte) => Uint8Array.of(...before, byte, ...after),
  (before, after, _byte, count) => Uint8Array.of(...before, ...after.subarray(count)),
  (before, after, byte) => Uint8Array.of(...before, byte, ...after.subarray(1)),
  (before, after) => Uint8Array.of(...before, ...after, ...after),
];

/** Gives a function that in this share of the cases cuts off, adds, removes, replaces or repeats bytes. */
export function mutation(share: number): Arbitrary<(bytes: Uint8Array) => Uint8Array> {
  const mutation = fc.tuple(fc.constantFrom(...mutations), anyIndex, fc.nat(255), fc.integer({ min: 1, max: 4 }));
  return optional(share, mutation).map((mutation) => (bytes) => {
    if (mutation === undefined) return bytes;
    const [mutate, index, byte, count] = mutation;
    const at = index(bytes.length + 1);
    return mutate(bytes.subarray(0, at), bytes.subarray(at), byte, count);
  });
}

/** Gives a function that cuts a body into the pieces in which it arrives. */
export function cut(indexes: Arbitrary<readonly Index[]>): Arbitrary<(bytes: Uint8Array) => Uint8Array[]> {
  return indexes.map((indexes) => (bytes) => {
    if (indexes.length === 0) return [bytes];
    const cuts = indexes.map((index) => index(bytes.length + 1)).sort((a, b) => a - b);
    return [0, ...cuts].map((at, index) => bytes.subarray(at, cuts[index])).filter(({ length }) => length > 0);
  });
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
