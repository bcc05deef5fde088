/**
 * Compresses responses and inflates requests, where no proxy does:
 * `import { compression, decompression } from 'apollo-server-integration-fetch/compression'`.
 *
 * @module
 */
import { acceptsGzip } from './compression/accept-encoding.ts';
import { formatOf, inflate } from './compression/inflate.ts';
import { checkNumber } from './core/limits.ts';
import type { FetchHandler } from './core/options.ts';
import { fetchAPIOf } from './core/platform.ts';
import { writeHeaders } from './shared/headers.ts';
import { replaceBody } from './shared/replace-body.ts';

/** Options of `compression`. */
export interface CompressionOptions {
  /**
   * The size from which on a body is compressed, in bytes.
   *
   * @default 1_024
   */
  readonly minBytes?: number;
}

/** The media types whose bodies shrink. An event stream is none of them. */
const compressible = /^(application\/([\w.-]+\+)?json|text\/(html|plain|css|javascript))\s*(;|$)/i;

/**
 * Compresses complete responses with gzip, for clients that accept it. A response that it could have compressed gets
 * `vary: accept-encoding`, and a compressed one a weak `ETag`.
 *
 * It passes on everything else: streams, HEAD, a body of less than `minBytes`, and what has an encoding already or says
 * `no-transform`. Brotli is left out, because `CompressionStream` knows only its slowest level: 20 ms for 10 kB.
 *
 * Leave it out where the platform compresses, as on Workers, and on Next.js, which drops the `content-encoding` of a
 * route handler: clients could not read the response.
 *
 * @param handler The handler whose responses are compressed. `httpCache` belongs inside this wrapper, `cors` and
 * `drain` around it.
 * @param options From which size on a body is compressed.
 * @returns A handler of the same kind.
 * @throws RangeError if `minBytes` is not a number from 0 up.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { compression, decompression } from 'apollo-server-integration-fetch/compression';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * export default { fetch: compression(decompression(createFetchHandler(server))) };
 * ```
 */
export function compression<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  { minBytes = 1024 }: CompressionOptions = {},
): FetchHandler<Platform, TRequest> {
  checkNumber('minBytes', minBytes);

  return async function compressionHandler(request, ...platform) {
    const original = await handler(request, ...platform);
    if (request.method === 'HEAD' || !isCompressible(original, minBytes)) return original;
    const isWanted = acceptsGzip(request.headers.get('accept-encoding'));
    const response = writeHeaders(original, (headers) => {
      headers.append('vary', 'accept-encoding');
      // The bytes of a strong tag would be others. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
      const etag = headers.get('etag');
      if (isWanted && etag?.startsWith('"')) headers.set('etag', `W/${etag}`);
    });
    if (!isWanted || response.status === 304) return response;

    const body = await gzip(await response.arrayBuffer());
    const headers = new Headers(response.headers);
    headers.set('content-encoding', 'gzip');
    headers.set('content-length', String(body.byteLength));
    // Without `encodeBody`, Workers would compress the body once more.
    const init = { status: response.status, headers, encodeBody: 'manual' };
    return new (fetchAPIOf(platform).Response)(body, init);
  };
}

/** Whether another client could get this response compressed. A stream declares no length. */
function isCompressible({ status, headers }: Response, minBytes: number): boolean {
  if (headers.has('content-encoding') || /\bno-transform\b/i.test(headers.get('cache-control') ?? '')) return false;
  return (
    status === 304 ||
    (Number(headers.get('content-length') ?? -1) >= minBytes && compressible.test(headers.get('content-type') ?? ''))
  );
}

async function gzip(bytes: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new CompressionStream('gzip');
  const compressed = new Response(readable).arrayBuffer();
  const writer = writable.getWriter();
  await Promise.all([writer.write(bytes), writer.close()]);
  return new Uint8Array(await compressed);
}

/**
 * Inflates request bodies with `content-encoding: gzip`, `x-gzip` or `deflate`. The handler sees neither
 * `content-encoding` nor `content-length`. Its `maxBodyBytes` counts the inflated bytes, so a body that inflates to
 * more gets 413 after at most one chunk over the limit. Nothing is inflated before CSRF prevention has passed.
 *
 * A malformed or cut-off body gets 400. Every other encoding, and several at once, get 415 with `accept-encoding`.
 *
 * @param handler The handler whose requests are inflated. It has to be one of `createFetchHandler`, or to read
 * `request.body` itself.
 * @returns A handler of the same kind.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { decompression } from 'apollo-server-integration-fetch/compression';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * export default { fetch: decompression(createFetchHandler(server)) };
 * ```
 */
export function decompression<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
): FetchHandler<Platform, TRequest> {
  return async function decompressionHandler(request, ...platform) {
    const encoding = request.headers.get('content-encoding');
    if (encoding === null) return await handler(request, ...platform);
    const format = formatOf(encoding);
    if (format !== undefined) {
      replaceBody(request, request.body && inflate(request.body, format));
      removeEncoding(request);
      return await handler(request, ...platform);
    }
    const response = await handler(request, ...platform);
    if (response.status !== 415) return response;
    // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
    return writeHeaders(response, (headers) => headers.set('accept-encoding', 'gzip, deflate'));
  };
}

/** Removes the headers that describe the encoded body, in place. */
function removeEncoding(request: Request): void {
  const headers = new Headers();
  request.headers.forEach((value, name) => {
    if (name !== 'content-encoding' && name !== 'content-length') headers.append(name, value);
  });
  Object.defineProperty(request, 'headers', { configurable: true, value: headers });
}
