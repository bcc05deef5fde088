import type { HTTPGraphQLRequest } from '@apollo/server';
import { createCollector } from './collector.ts';
import { badRequest } from './error.ts';
import { LINGER } from './linger.ts';

/** How long a body may take to arrive before the request's signal is watched, in milliseconds. */
const SLOW = 1000;

type RequestHeaders = HTTPGraphQLRequest['headers'];

/** A BYOB reader, which fills the buffer, or a default reader, which ignores it. */
interface Reader {
  read(buffer: Uint8Array<ArrayBuffer>): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>;
  cancel(): Promise<void>;
}

/**
 * Reads a whole request body of at most `maxBytes`.
 *
 * A host ends a body at its declared length, so the runtime reads such a body in one go. Every other body is counted
 * while it arrives. The declared length decides only how a body is read. The limit applies either way.
 *
 * @throws GraphQLError with the status of the response: 400 for a body that ended early, 413 for one that is too large.
 */
export async function readBytes(request: Request, headers: RequestHeaders, maxBytes: number): Promise<Uint8Array> {
  const length = headers.get('content-length') ?? '';
  if (/^\d+$/.test(length) && Number(length) <= maxBytes && !headers.has('transfer-encoding')) {
    // Hosts fail such a body when its client disconnects, so half a request is never executed.
    const whole = new Uint8Array(await request.arrayBuffer().catch(endedEarly));
    if (whole.byteLength > maxBytes) throw tooLarge(maxBytes);
    return whole;
  }
  const { add, bytes } = createCollector(maxBytes);
  await readChunks(request, headers, maxBytes, add);
  return bytes();
}

/**
 * Passes each chunk of a request body to `take`. Reads at most one chunk over the limit, and stops when `take` throws.
 *
 * @throws GraphQLError with the status of the response: 400 for a body that ended early, 413 for one that is too large.
 */
export async function readChunks(
  request: Request,
  headers: RequestHeaders,
  maxBytes: number,
  take: (chunk: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  if (Number(headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return;
  let reader: Reader;
  /** The size of the next buffer, which follows that of the chunks. */
  let room = 1024;
  try {
    // With the default reader, Deno allocates 64 KiB for each chunk, however small it is.
    reader = request.body.getReader({ mode: 'byob' });
  } catch {
    // The body is not a byte stream.
    reader = request.body.getReader();
    room = 0;
  }
  const stop = () => void reader.cancel().catch(() => {});
  let size = 0;

  // Not every host fails the body when its client disconnects, so reading a slow body stops when the signal aborts. The
  // signal of a fast body is not read, because reading it makes Deno print a warning.
  let signal: AbortSignal | undefined;
  const timer = setTimeout(() => {
    signal = request.signal;
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
  }, SLOW);

  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(room)).catch(endedEarly);
      if (signal?.aborted) endedEarly();
      if (done) return;
      size += value.byteLength;
      try {
        // A chunk that is a string has no `byteLength`. The negated comparison refuses it too.
        if (!(size <= maxBytes)) throw tooLarge(maxBytes);
        take(value);
        room &&= Math.min(2 * value.byteLength + 1024, 65_536);
      } catch (error) {
        // Some bridges to Node close the connection when the body is cancelled. The client first gets time to read the
        // response.
        setTimeout(stop, LINGER);
        throw error;
      }
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function endedEarly(): never {
  throw badRequest('The request body ended early.');
}

function tooLarge(maxBytes: number): Error {
  return badRequest(`The request body is larger than ${maxBytes} bytes.`, 413);
}
