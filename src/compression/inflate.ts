import { LINGER } from '../core/linger.ts';

/**
 * The most that is inflated at once, in bytes. Some runtimes output all of it in one chunk, which may have a thousand
 * times its size.
 */
const SLICE = 4096;

/**
 * By how many bytes a body may be longer than what it inflates to. Without this limit, one that consists of empty
 * blocks or of a header alone would never end.
 */
const MAX_EXCESS = 65_536;

/** Returns the format of an encoding, or `undefined` for one that is not inflated. */
export function formatOf(encoding: string): CompressionFormat | undefined {
  const name = encoding.trim().toLowerCase();
  if (name === 'deflate') return name;
  return name === 'gzip' || name === 'x-gzip' ? 'gzip' : undefined;
}

/**
 * Inflates a body as it is read. Nothing happens before the first read, so a request that is refused costs nothing. A
 * slice is inflated only while a read waits for it, so memory does not grow with what the body inflates to.
 */
export function inflate(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  format: CompressionFormat,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let inflater: Inflater | undefined;
  return new ReadableStream(
    {
      async pull(controller) {
        inflater ??= new Inflater(body, format);
        const chunk = await inflater.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      async cancel(reason) {
        await (inflater === undefined ? body.cancel(reason) : inflater.cancel(reason));
      },
    },
    { highWaterMark: 0 },
  );
}

class Inflater {
  readonly #input: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  #rest = new Uint8Array();
  /** How many bytes were written since the last wait. */
  #unawaited = 0;
  /** By how many bytes the input is longer than the output. */
  #excess = 0;
  #isFeeding = false;
  #isEnded = false;
  /** The read that waits for output. */
  #waiting: Promise<unknown> | undefined;

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>, format: CompressionFormat) {
    const { readable, writable } = new DecompressionStream(format);
    this.#input = body.getReader();
    this.#output = readable.getReader();
    this.#writer = writable.getWriter();
    // The reader reports each failure.
    this.#writer.closed.catch(() => {});
  }

  /** Returns the next chunk, or `undefined` at the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const read = this.#output.read();
    this.#waiting = read;
    this.#feed()
      .catch((error) => this.#writer.abort(error))
      .catch(() => {});
    try {
      const { value } = await read;
      this.#excess -= value?.byteLength ?? 0;
      return value;
    } catch (error) {
      // Some bridges to Node close the connection when the body is cancelled. The client first reads the response.
      setTimeout(() => void this.#input.cancel(error).catch(() => {}), LINGER);
      throw error;
    } finally {
      this.#waiting = undefined;
    }
  }

  async #feed(): Promise<void> {
    if (this.#isFeeding || this.#isEnded) return;
    this.#isFeeding = true;
    try {
      while (this.#waiting !== undefined) {
        if (this.#rest.byteLength === 0) {
          const { done, value } = await this.#input.read();
          if (done) {
            this.#isEnded = true;
            return await this.#writer.close();
          }
          this.#rest = value;
        }
        await this.#write(this.#rest.slice(0, SLICE));
        this.#rest = this.#rest.subarray(SLICE);
      }
    } finally {
      this.#isFeeding = false;
    }
  }

  async #write(slice: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#excess += slice.byteLength;
    if (this.#excess > MAX_EXCESS) throw new RangeError('The body is longer than what it inflates to.');
    const written = this.#writer.write(slice);
    written.catch(() => {});
    this.#unawaited += slice.byteLength;
    // Most bodies are shorter than a slice, and need not wait.
    if (this.#unawaited < SLICE) return;
    await Promise.race([this.#waiting, written.then(turn)]);
    this.#unawaited = 0;
  }

  async cancel(reason: unknown): Promise<void> {
    this.#output.cancel(reason).catch(() => {});
    this.#writer.abort(reason).catch(() => {});
    await this.#input.cancel(reason);
  }
}

/** Output may come a turn after its input was taken. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
