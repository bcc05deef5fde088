import fc, { type Arbitrary } from 'fast-check';
import { anyIndex, optional } from './choice.ts';

const character = fc
  .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.nat(0x1f), fc.nat(0xffff), fc.constant(0x1f680))
  .map((code) => String.fromCodePoint(code));

/** Gives any text, which may be no valid Unicode. */
export function anyText(maxLength: number): Arbitrary<string> {
  return fc.string({ unit: character, maxLength });
}

/** Gives text of the characters that a header can hold on every host. */
export function headerText(maxLength: number): Arbitrary<string> {
  return fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength }).map((text) => text.trim());
}

/** Replaces up to `maxRemoved` characters of a text, in this share of the cases. */
export function edited(
  text: Arbitrary<string>,
  share: number,
  insertion: Arbitrary<string>,
  maxRemoved: number,
): Arbitrary<string> {
  const edit = fc.tuple(anyIndex, insertion, fc.nat(maxRemoved));
  return fc.tuple(text, optional(share, edit)).map(([text, edit]) => {
    if (edit === undefined) return text;
    const [index, insertion, removed] = edit;
    const at = index(text.length + 1);
    return text.slice(0, at) + insertion + text.slice(at + removed);
  });
}
