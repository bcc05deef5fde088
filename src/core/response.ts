import type { HTTPGraphQLHead } from '@apollo/server';
import { internalServerError } from './error.ts';
import type { FetchAPI } from './options.ts';

/** Apollo's answer as a `Response`, with the context function's headers merged over Apollo's. */
export function toResponse(
  { status = 200, headers }: HTTPGraphQLHead,
  body: string | ReadableStream<Uint8Array>,
  responseHeaders: Headers | undefined,
  { Response }: FetchAPI,
): Response {
  const hasBody = !isNullBodyStatus(status);
  // Nobody will read the stream, so nobody else would close its source.
  if (!hasBody && typeof body !== 'string') body.cancel();
  return new Response(hasBody ? body : null, {
    status,
    // A plain object and a string are what the bridges to Node pass on without a copy.
    headers: mergeHeaders(Object.fromEntries(headers), responseHeaders),
  });
}

/** The answer to a fault that no client caused: its cause is for the log alone. */
export function toErrorResponse({ Response }: FetchAPI): Response {
  return new Response(`${JSON.stringify({ errors: [internalServerError()] })}\n`, {
    status: 500,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
}

/** @see https://fetch.spec.whatwg.org/#null-body-status */
function isNullBodyStatus(status: number): boolean {
  return status === 101 || status === 204 || status === 205 || status === 304;
}

function mergeHeaders(headers: Record<string, string>, responseHeaders: Headers | undefined): HeadersInit {
  if (responseHeaders === undefined) return headers;
  const merged = new Headers(headers);
  responseHeaders.forEach((value, name) => {
    // The one header that may not be joined into a single line: each cookie arrives here, and leaves, on its own.
    if (name === 'set-cookie') merged.append(name, value);
    else merged.set(name, value);
  });
  return merged;
}
