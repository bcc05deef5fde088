import { internalServerError } from './error.ts';
import type { FetchAPI } from './options.ts';

/** Bytes of an answer from which on it costs more to encode it twice than hosts save on a string. */
const LONG = 16_384;

/** Those that an answer can have of https://fetch.spec.whatwg.org/#null-body-status. */
const nullBodyStatuses: readonly number[] = [204, 205, 304];

/** Apollo's answer as a `Response`, with the context function's headers merged over Apollo's. */
export function toResponse(
  { status = 200, headers }: { status?: number; headers: Map<string, string> },
  body: string | ReadableStream<Uint8Array>,
  responseHeaders: Headers | undefined,
  { Response }: FetchAPI,
): Response {
  // Some classes take a status that no server can send: too late for an answer that says so.
  if (!(status >= 200 && status <= 599)) throw new RangeError(`Invalid status: ${status}`);
  // A plain object is what bridges to Node pass on without a copy. In a loop, as Object.fromEntries costs 2 % of a small
  // query; what it would keep beyond this is a header of the name `__proto__`.
  const record: Record<string, string> = {};
  for (const [name, value] of headers) record[name] = value;
  return new Response(toBody(status, body, record), { status, headers: mergeHeaders(record, responseHeaders) });
}

/** The body as hosts take it best, its length declared where it has one: not every host does. */
function toBody(
  status: number,
  body: string | ReadableStream<Uint8Array>,
  headers: Record<string, string>,
): string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null {
  if (nullBodyStatuses.includes(status)) {
    // Nobody will read the stream, so nobody else would close its source.
    if (typeof body !== 'string') body.cancel();
    return null;
  }
  if (typeof body !== 'string') return body;
  const bytes = new TextEncoder().encode(body);
  headers['content-length'] = String(bytes.byteLength);
  return bytes.byteLength < LONG ? body : bytes;
}

/** The answer to a fault that no client caused: its cause is for the log alone. */
export function toErrorResponse(fetchAPI: FetchAPI): Response {
  const headers = new Map([['content-type', 'application/json; charset=utf-8']]);
  const text = `${JSON.stringify({ errors: [internalServerError()] })}\n`;
  return toResponse({ status: 500, headers }, text, undefined, fetchAPI);
}

function mergeHeaders(
  headers: Record<string, string>,
  responseHeaders: Headers | undefined,
): Record<string, string> | Headers {
  if (responseHeaders === undefined) return headers;
  const merged = new Headers(headers);
  responseHeaders.forEach((value, name) => {
    // The one header that may not be joined into a single line: each cookie arrives here, and leaves, on its own.
    if (name === 'set-cookie') merged.append(name, value);
    else merged.set(name, value);
  });
  return merged;
}
