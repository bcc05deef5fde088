import { internalServerError } from './error.ts';
import type { FetchAPI } from './options.ts';

/**
 * From this size on, in bytes, it is cheaper to pass encoded bytes than a string, which the host would encode again.
 */
const LONG = 16_384;

/** The statuses of https://fetch.spec.whatwg.org/#null-body-status that a response can be made with. */
const nullBodyStatuses: readonly number[] = [204, 205, 304];

/** Converts Apollo's response, and merges the context function's headers over Apollo's. */
export function toResponse(
  { status = 200, headers }: { status?: number; headers: Map<string, string> },
  body: string | ReadableStream<Uint8Array>,
  responseHeaders: Headers | undefined,
  { Response }: FetchAPI,
): Response {
  // Some `Response` classes accept a status that no server can send. Once the server fails, a clean 500 is too late.
  if (!(status >= 200 && status <= 599)) throw new RangeError(`Invalid status: ${status}`);
  // Bridges to Node pass on a plain object without a copy. A loop creates it faster than `Object.fromEntries`.
  const record: Record<string, string> = {};
  for (const [name, value] of headers) record[name] = value;
  return new Response(toBody(status, body, record), { status, headers: mergeHeaders(record, responseHeaders) });
}

/** Returns the body in the form that hosts send fastest, and declares its length, because not every host does. */
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

/** The response to a fault that no client caused. */
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
    // `set-cookie` is the one header whose values cannot be joined. `forEach` yields each cookie on its own.
    if (name === 'set-cookie') merged.append(name, value);
    else merged.set(name, value);
  });
  return merged;
}
