import fc, { type Arbitrary } from 'fast-check';
import { encode, mutation } from './bytes.ts';
import { anyIndex, either, optional } from './choice.ts';
import { isDeferred, operation, value } from './operation.ts';
import { headerText } from './text.ts';

/** A GraphQL multipart request. It may be broken on purpose. */
export interface FuzzMultipart {
  /** The media type, with its boundary. */
  readonly type: string;
  readonly body: Uint8Array;
}

interface Part {
  readonly header: string;
  readonly content: Uint8Array;
}

interface Upload {
  readonly name: string;
  /** Changes the keys of the path of the file. */
  readonly change: ((keys: readonly string[]) => readonly string[]) | undefined;
  readonly file: Part;
}

const boundaries = ['--', '-'.repeat(70), 'a'.repeat(70), 'b'.repeat(71), 'a b', '', "'()+_,-./:=?", 'é'] as const;

const unusualKeys = ['__proto__', 'constructor', 'prototype', 'length', '', '0', 'query', 'toString'] as const;

const change = fc.tuple(anyIndex, fc.nat(1), fc.constantFrom(...unusualKeys)).map(
  ([index, removed, key]) =>
    (keys: readonly string[]) =>
      keys.toSpliced(index(keys.length + 1), removed, key),
);

const name = fc.nat(8).map(String);

const bytes = fc.constantFrom(0x0d, 0x0a, 0x2d, 0x78, 0, 0xff);

const content = either(fc.array(bytes, { maxLength: 49 }), 0.05, fc.array(bytes, { minLength: 1001, maxLength: 1001 }));

const upload: Arbitrary<Upload> = fc
  .tuple(
    name,
    optional(0.1, change),
    optional(0.1, headerText(30)),
    either(fc.constant('a.txt'), 0.2, either(headerText(30), 0.3, fc.constantFrom('a\\"b', '\\"; name=\\"map'))),
    optional(0.1, either(fc.constant("utf-8''%C3%BC"), 0.5, headerText(30))),
    optional(0.5, either(fc.constant('text/plain'), 0.2, headerText(30))),
    content,
  )
  .map(([name, change, header, filename, extended, type, content]) => ({
    name,
    change,
    file: {
      header: [
        ...(header === undefined ? [] : [header]),
        `Content-Disposition: form-data; name="${name}"; filename="${filename}"${extended ? `; filename*=${extended}` : ''}`,
        ...(type === undefined ? [] : [`Content-Type: ${type}`]),
      ].join('\r\n'),
      content: Uint8Array.from(content),
    },
  }));

const parts: Arbitrary<readonly Part[]> = fc
  .tuple(
    fc.array(upload, { maxLength: 3 }),
    optional(0.2, operation),
    either(fc.constant(false), 0.1, fc.constant(true)),
    optional(
      0.05,
      value.map((value) => ({ value })),
    ),
  )
  .map(([uploads, other, mayBeBatch, otherMap]) => {
    const operation =
      other === undefined
        ? { query: 'mutation($files:[Upload]){upload(files:$files)}', variables: { files: uploads.map(() => null) } }
        : Object(other);
    const isBatch = mayBeBatch && !isDeferred(operation);
    const map = Object.fromEntries(
      uploads.map(({ name, change = (keys) => keys }, index) => {
        const keys = [...(isBatch ? ['0'] : []), 'variables', 'files', String(index)];
        return [name, [change(keys).join('.')]];
      }),
    );
    return [
      field('operations', JSON.stringify(isBatch ? [operation] : operation)),
      field('map', JSON.stringify(otherMap === undefined ? map : otherMap.value)),
      ...uploads.map(({ file }) => file),
    ];
  });

function field(name: string, content: string): Part {
  return { header: `Content-Disposition: form-data; name="${name}"`, content: encode(content) };
}

type Spoil = (parts: readonly Part[], at: number) => readonly Part[];

/** Removes, repeats, reorders or adds parts. */
const spoils: readonly Spoil[] = [
  () => [],
  (parts, at) => parts.toSpliced(at, 1),
  (parts, at) => parts.toSpliced(at, 0, ...parts.slice(at, at + 1)),
  (parts) => parts.toReversed(),
  (parts) => [...parts, field('more', '')],
];

const spoiled = fc
  .tuple(parts, optional(0.2, fc.tuple(fc.constantFrom(...spoils), anyIndex)))
  .map(([parts, spoil]) => (spoil === undefined ? parts : spoil[0](parts, spoil[1](parts.length))));

const boundary = either(fc.constant('x'), 0.2, fc.constantFrom(...boundaries));

const padding = either(fc.constant(''), 0.1, fc.stringMatching(/^[ \t]{1,99}$/));

/** Gives text before the first or after the last boundary. */
const around = either(fc.constant(''), 0.1, fc.stringMatching(/^(?:a|x|--|\r\n){1,50}\r\n$/));

const written: Arbitrary<Written> = fc.record({
  parts: spoiled,
  boundary,
  padding,
  preamble: around,
  epilogue: around,
});

export const multipart: Arbitrary<FuzzMultipart> = fc
  .tuple(written, optional(0.03, headerText(80)), mutation(0.3))
  .map(([written, parameter = `"${written.boundary}"`, mutate]) => ({
    type: `multipart/form-data; boundary=${parameter}`,
    body: mutate(write(written)),
  }));

interface Written {
  readonly parts: readonly Part[];
  readonly boundary: string;
  readonly padding: string;
  readonly preamble: string;
  readonly epilogue: string;
}

function write({ parts, boundary, padding, preamble, epilogue }: Written): Uint8Array {
  const delimited = parts.flatMap(({ header, content }) => [
    encode(`--${boundary}${padding}\r\n${header}\r\n\r\n`),
    content,
    encode('\r\n'),
  ]);
  return Buffer.concat([encode(preamble), ...delimited, encode(`--${boundary}--${padding}\r\n${epilogue}`)]);
}
