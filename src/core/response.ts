import type { GraphQLError } from 'graphql';
import { internalServerError } from './error.ts';
import { fieldName, ofHost, unsendable } from './fields.ts';
import type { FetchAPI } from './options.ts';

/**
 * From this size on, in bytes, it is cheaper to pass encoded bytes than a string, which the host would encode again.
 */
const LONG = 16_384;

/** The statuses of https://fetch.spec.whatwg.org/#null-body-status that a response can be made with. */
const nullBodyStatuses: readonly number[] = [204, 205, 304];

/** Converts Apollo's response, and merges the context function's headers over Apollo's. */
export function toResponse(
  { status = 200, headers }: { status?: number; headers: ReadonlyMap<string, string> },
  body: string | ReadableStream<Uint8Array>,
  responseHeaders: Headers | undefined,
  { Response }: FetchAPI,
): Response {
  // Some `Response` classes accept a status that no server can send. Once the server fails, a clean 500 is too late.
  if (!(status >= 200 && status <= 599)) throw new RangeError(`Invalid status: ${status}`);
  // Bridges to Node pass on a plain object without a copy. The landing page is for one visit, and depends on `Accept`.
  const record: Record<string, string> =
    headers.get('content-type') === 'text/html' ? { 'cache-control': 'no-store', vary: 'accept' } : {};
  // `set-cookie` is the one header whose values cannot be joined. Plugins in JavaScript set several as an array.
  let cookies: unknown[] = [];
  const add = (value: unknown, name: string): void => {
    if (name === 'set-cookie') cookies = cookies.concat(value);
    else if (!ofHost.test(name)) record[name] = toText(name, value);
  };
  headers.forEach(add);
  responseHeaders?.forEach(add);
  const response = new Response(toBody(status, body, record), { status, headers: record });
  for (const cookie of cookies) response.headers.append('set-cookie', toText('set-cookie', cookie));
  return response;
}

function toText(name: string, value: unknown): string {
  const text = String(value);
  if (value == null || !fieldName.test(name) || unsendable.test(text)) throw new TypeError(`Invalid header: ${name}`);
  return text;
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
  if (typeof body !== 'string') {
    // Compressors and proxies pass each chunk on at once: RFC 9111 §5.2.2.6.
    headers['cache-control'] = `${headers['cache-control'] ?? 'no-store'}, no-transform`;
    // Some compressors leave a response alone only if it has an encoding.
    headers['content-encoding'] = 'identity';
    // nginx buffers responses unless this forbids it.
    headers['x-accel-buffering'] = 'no';
    return body;
  }
  const bytes = new TextEncoder().encode(body);
  headers['content-length'] = String(bytes.byteLength);
  return bytes.byteLength < LONG ? body : bytes;
}

/** A response with one error, which no cache keeps. By default, it is the response to a fault that no client caused. */
export function toErrorResponse(
  fetchAPI: FetchAPI,
  status = 500,
  error: GraphQLError = internalServerError(),
): Response {
  const headers = new Map([
    ['cache-control', 'no-store'],
    ['content-type', 'application/json; charset=utf-8'],
  ]);
  return toResponse({ status, headers }, `${JSON.stringify({ errors: [error] })}\n`, undefined, fetchAPI);
}
