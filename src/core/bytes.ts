import type { HTTPGraphQLRequest } from '@apollo/server';
import { badRequest } from './error.ts';
import { LINGER } from './linger.ts';

/** How long a body may take to arrive before the request's signal is watched, in milliseconds. */
const SLOW = 1000;

/**
 * Reads a whole request body of at most `maxBytes`.
 *
 * A host ends a body at its declared length, so the runtime reads such a body in one go. Every other body is counted while
 * it arrives. The declared length chooses how a body is read, never whether the limit holds.
 *
 * @throws GraphQLError with the status of the response: 400 for a body that ended early, 413 for one that is too large.
 */
export async function readBytes(
  request: Request,
  headers: HTTPGraphQLRequest['headers'],
  maxBytes: number,
): Promise<Uint8Array> {
  const length = headers.get('content-length') ?? '';
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  if (!/^\d+$/.test(length) || headers.has('transfer-encoding')) return await readChunks(request, maxBytes);
  // Hosts fail the body when its client disconnects, so that half a request is never executed.
  const bytes = new Uint8Array(await request.arrayBuffer().catch(endedEarly));
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/**
 * Reads at most one chunk over the limit. Each chunk is copied at once: a chunk of one byte may keep a buffer of 64 KiB
 * alive, and the client decides how many chunks there are.
 */
async function readChunks(request: Request, maxBytes: number): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array();
  let size = 0;
  if (!request.body) return bytes;
  const reader = readerOf(request.body);
  const stop = () => void reader.cancel().catch(() => {});

  // Not every host fails the body when its client disconnects, so a slow body is given up when the signal aborts. The signal
  // of a fast body stays untouched: Deno prints a warning as soon as a program looks at it.
  let signal: AbortSignal | undefined;
  const timer = setTimeout(() => {
    signal = request.signal;
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
  }, SLOW);

  try {
    for (;;) {
      const { done, value } = await reader.read().catch(endedEarly);
      if (signal?.aborted) endedEarly();
      if (done) return bytes.subarray(0, size);
      // A stream of strings has no length in bytes, and is refused too.
      if (!(size + value.byteLength <= maxBytes)) {
        // Some bridges to Node end the connection with the body, so the client first gets time to read the response.
        setTimeout(stop, LINGER);
        throw tooLarge(maxBytes);
      }
      bytes = size === 0 ? value : append(bytes, size, value, maxBytes);
      size += value.byteLength;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * A reader that takes small chunks into small buffers, if the body is a byte stream. Otherwise Deno makes a buffer of 64 KiB
 * for each chunk, however small it is.
 */
function readerOf(body: ReadableStream<Uint8Array>): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'> {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: 'byob' });
  } catch {
    return body.getReader();
  }
  let size = 1024;
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(size));
      if (done || value === undefined) return { done: true, value: undefined };
      size = Math.min(Math.max(2 * value.byteLength, 1024), 65_536);
      return { done, value };
    },
    cancel: () => reader.cancel(),
  };
}

/** Writes a chunk behind the first `size` bytes, into a buffer of twice the size if it does not fit. */
function append(bytes: Uint8Array, size: number, chunk: Uint8Array, maxBytes: number): Uint8Array {
  const end = size + chunk.byteLength;
  let target = bytes;
  // The first chunk belongs to the host, and is exactly as long as what was read.
  if (end > bytes.byteLength) {
    target = new Uint8Array(Math.min(2 * end, maxBytes));
    target.set(bytes.subarray(0, size));
  }
  target.set(chunk, size);
  return target;
}

function endedEarly(): never {
  throw badRequest('The request body ended early.');
}

function tooLarge(maxBytes: number): Error {
  return badRequest(`The request body is larger than ${maxBytes} bytes.`, 413);
}
