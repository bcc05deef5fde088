import type { Random } from './random.ts';
import { encode, headerText, mutate, randomOperation, value } from './request.ts';

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

export function randomMultipart(random: Random): FuzzMultipart {
  const boundary = random.chance(0.8) ? 'x' : random.pick(boundaries);
  const type = `multipart/form-data; boundary=${random.chance(0.97) ? `"${boundary}"` : headerText(random, 80)}`;
  const body = write(spoil(random, randomParts(random)), boundary);
  return { type, body: random.chance(0.3) ? mutate(random, body) : body };
}

const boundaries = ['--', '-'.repeat(70), 'a'.repeat(70), 'b'.repeat(71), 'a b', '', "'()+_,-./:=?", 'é'] as const;

function randomParts(random: Random): Part[] {
  const count = random.below(4);
  const names = random.times(count, () => String(random.below(9)));
  const operation = random.chance(0.8)
    ? { query: 'mutation($files:[Upload]){upload(files:$files)}', variables: { files: names.map(() => null) } }
    : Object(randomOperation(random));
  // Apollo Server 5.5 responds with 500 to a batch that asks for incremental delivery.
  const isBatch = random.chance(0.1) && !JSON.stringify(operation).includes('@defer');
  const map = Object.fromEntries(names.map((name, index) => [name, [path(random, index, isBatch)]]));
  return [
    field('operations', JSON.stringify(isBatch ? [operation] : operation)),
    field('map', JSON.stringify(random.chance(0.95) ? map : value(random))),
    ...names.map((name) => file(random, name)),
  ];
}

function path(random: Random, index: number, isBatch: boolean): string {
  const path = `${isBatch ? '0.' : ''}variables.files.${index}`;
  if (random.chance(0.9)) return path;
  const key = random.pick(['__proto__', 'constructor', 'prototype', 'length', '', '0', 'query', 'toString']);
  const keys = path.split('.');
  return keys.toSpliced(random.below(keys.length + 1), random.below(2), key).join('.');
}

const field = (name: string, content: string): Part => ({
  header: `Content-Disposition: form-data; name="${name}"`,
  content: encode(content),
});

function file(random: Random, name: string): Part {
  const filename = random.chance(0.8) ? 'a.txt' : headerText(random, 30);
  const size = random.chance(0.05) ? 1001 : random.below(50);
  const bytes = [0x0d, 0x0a, 0x2d, 0x78, 0, 0xff] as const;
  return {
    header: [
      ...(random.chance(0.1) ? [headerText(random, 30)] : []),
      `Content-Disposition: form-data; name="${name}"; filename="${filename}"`,
      ...(random.chance(0.5) ? [`Content-Type: ${random.chance(0.8) ? 'text/plain' : headerText(random, 30)}`] : []),
    ].join('\r\n'),
    content: Uint8Array.from(random.times(size, () => random.pick(bytes))),
  };
}

/** Sometimes removes, repeats, adds or reorders parts. */
function spoil(random: Random, parts: readonly Part[]): readonly Part[] {
  if (random.chance(0.8)) return parts;
  const at = random.below(parts.length);
  return random.pick([
    parts.toSpliced(at, 1),
    parts.toSpliced(at, 0, ...parts.slice(at, at + 1)),
    parts.toReversed(),
    [...parts, field('more', '')],
    [],
  ]);
}

function write(parts: readonly Part[], boundary: string): Uint8Array {
  const delimited = parts.flatMap(({ header, content }) => [
    encode(`--${boundary}\r\n${header}\r\n\r\n`),
    content,
    encode('\r\n'),
  ]);
  return Buffer.concat([...delimited, encode(`--${boundary}--\r\n`)]);
}
