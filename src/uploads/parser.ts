import { badRequest } from '../core/error.ts';
import { Pattern } from './pattern.ts';

/** How many bytes are parsed at once, however small the chunks are in which they arrive. */
const BLOCK = 65_536;

/** The largest header of one part, in bytes. */
const MAX_HEADER = 8_192;

const DASH = 0x2d;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

type Bytes = Uint8Array<ArrayBuffer>;

/** Takes the content of one part in pieces, which it may keep. */
export interface Part {
  write(bytes: Bytes): void;
  end(): void;
}

/**
 * Parses a request body of the media type `multipart/form-data`, in time that is linear in its size.
 *
 * Text before the first boundary and after the last one is ignored, and so are spaces and tabs after a boundary. Apart
 * from that it is strict, because parsers that forgive different mistakes see different files in one body.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7578
 * @see https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
 */
export class MultipartParser {
  readonly #steps: Generator<Bytes, never, Bytes>;
  #block: Bytes = new Uint8Array();
  #size = 0;
  #hasBegun = false;
  #isComplete = false;

  /**
   * @param open Called with the header of each part.
   * @throws GraphQLError with the status 400 if the boundary is missing or invalid.
   */
  constructor(boundary: string | undefined, open: (header: Bytes) => Part) {
    if (boundary === undefined || !/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary)) {
      throw badRequest('The boundary of the multipart request is missing or invalid.');
    }
    this.#steps = this.#parse(new Pattern(`\r\n--${boundary}`), open);
    this.#nextBlock();
  }

  /** @throws GraphQLError with the status 400 if the bytes are malformed. */
  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.byteLength; ) {
      const piece = bytes.subarray(from, from + BLOCK - this.#size);
      this.#block.set(piece, this.#size);
      this.#size += piece.byteLength;
      from += piece.byteLength;
      if (this.#size === BLOCK) this.#nextBlock();
    }
  }

  /** @throws GraphQLError with the status 400 if the body is malformed or incomplete. */
  end(): void {
    this.#parseBlock();
    if (!this.#hasBegun) throw badRequest('The multipart request does not contain its boundary.');
    if (!this.#isComplete) throw badRequest('The multipart request ended early.');
  }

  /** Parses what has arrived, and returns the rest. */
  #parseBlock(): Bytes {
    return this.#steps.next(this.#block.subarray(0, this.#size)).value;
  }

  /** Parses what has arrived, and copies the rest into a new block, because the parts keep pieces of the old one. */
  #nextBlock(): void {
    const rest = this.#parseBlock();
    this.#block = new Uint8Array(BLOCK);
    this.#block.set(rest);
    this.#size = rest.byteLength;
  }

  /** Yields the bytes that cannot be parsed yet, and receives the same bytes with more behind them. */
  *#parse(delimiter: Pattern, open: (header: Bytes) => Part): Generator<Bytes, never, Bytes> {
    let part = ignored;
    // With a line end before the body, the first delimiter looks like all others.
    let rest = yield Uint8Array.of(CR, LF);

    for (;;) {
      let contentEnd = delimiter.indexIn(rest);
      while (contentEnd < 0) {
        // The last bytes may be the beginning of a delimiter.
        const known = Math.max(0, rest.length - delimiter.length + 1);
        part.write(rest.subarray(0, known));
        rest = yield rest.subarray(known);
        contentEnd = delimiter.indexIn(rest);
      }
      part.write(rest.subarray(0, contentEnd));
      part.end();
      rest = rest.subarray(contentEnd + delimiter.length);
      this.#hasBegun = true;

      while (rest.length < 2) rest = yield rest;
      this.#isComplete = rest[0] === DASH && rest[1] === DASH;
      if (this.#isComplete) rest = rest.subarray(2);
      let padding = paddingOf(rest);
      while (padding === rest.length) {
        rest = yield rest.subarray(padding);
        padding = paddingOf(rest);
      }
      rest = rest.subarray(padding);
      while (rest.length < 2 && rest[0] === CR) rest = yield rest;
      if (rest[0] !== CR || rest[1] !== LF) throw badRequest('A boundary of the multipart request is malformed.');
      if (this.#isComplete) break;

      // A part without a header has the two line ends at once.
      let headerEnd = emptyLine.indexIn(rest);
      while (headerEnd < 0 && rest.length < MAX_HEADER) {
        rest = yield rest;
        headerEnd = emptyLine.indexIn(rest);
      }
      if (headerEnd < 0 || headerEnd > MAX_HEADER) {
        throw badRequest(`The header of a part is larger than ${MAX_HEADER} bytes.`);
      }
      part = open(rest.subarray(2, headerEnd));
      rest = rest.subarray(headerEnd + emptyLine.length);
    }

    for (;;) yield rest.subarray(rest.length);
  }
}

/** The text before the first boundary. */
const ignored: Part = { write() {}, end() {} };

const emptyLine = new Pattern('\r\n\r\n');

/** The number of spaces and tabs at the beginning. */
function paddingOf(bytes: Bytes): number {
  let length = 0;
  while (length < bytes.length && (bytes[length] === SPACE || bytes[length] === TAB)) length++;
  return length;
}
