import { parseBody } from '../core/body.ts';
import { badRequest } from '../core/error.ts';
import type { BodyLimits } from '../core/options.ts';
import type { PartHeader } from './header.ts';
import { findPlaces, type Place } from './map.ts';
import type { Part } from './parser.ts';

export interface FormLimits extends BodyLimits {
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

/** The parts of one request: `operations`, then `map`, then the files that it names. */
export class Form {
  readonly #limits: FormLimits;
  #operations: object | undefined;
  /** The places of the files that have not arrived yet, by the names of their parts. */
  #places: Map<string, readonly Place[]> | undefined;

  constructor(limits: FormLimits) {
    this.#limits = limits;
  }

  /** @throws GraphQLError with the status 400 if this part may not come now. */
  open({ name, filename, type }: PartHeader): Part {
    const operations = this.#operations;
    if (operations === undefined) {
      return this.#openJSON(name, 'operations', (value) => {
        if (typeof value !== 'object' || value === null) {
          throw badRequest('The part "operations" must be a JSON object.');
        }
        this.#operations = value;
      });
    }
    if (this.#places === undefined) {
      return this.#openJSON(name, 'map', (value) => {
        this.#places = findPlaces(value, operations, this.#limits.maxFiles);
      });
    }
    const places = this.#places.get(name);
    if (places === undefined) throw badRequest('A part is not in the "map", or comes twice.');
    this.#places.delete(name);
    return collect(this.#limits.maxFileBytes, 'A file', (pieces) => {
      const file = new File(pieces, filename, { type });
      for (const { parent, key } of places) parent[key] = file;
    });
  }

  /**
   * The operations, with all files in place.
   *
   * @throws GraphQLError with the status 400 if a part is missing.
   */
  end(): object {
    if (this.#operations === undefined || this.#places === undefined || this.#places.size > 0) {
      throw badRequest('A part of the multipart request is missing.');
    }
    return this.#operations;
  }

  #openJSON(name: string, expected: string, done: (value: unknown) => void): Part {
    if (name !== expected) {
      throw badRequest('A multipart request must have the part "operations", then "map", then the files.');
    }
    return collect(this.#limits.maxBodyBytes, `The part "${name}"`, (pieces, size) => {
      done(parseBody(concat(pieces, size), this.#limits));
    });
  }
}

/** A part that is kept in memory. */
function collect(
  maxBytes: number,
  subject: string,
  done: (pieces: Uint8Array<ArrayBuffer>[], size: number) => void,
): Part {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  return {
    write(bytes) {
      size += bytes.byteLength;
      if (size > maxBytes) throw badRequest(`${subject} is larger than ${maxBytes} bytes.`, 413);
      if (bytes.byteLength > 0) pieces.push(bytes);
    },
    end: () => done(pieces, size),
  };
}

function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
