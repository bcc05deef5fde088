import type { HTTPGraphQLRequest } from '@apollo/server';
import MIMEType from 'whatwg-mimetype';
import { readBytes } from './bytes.ts';
import { badRequest } from './error.ts';
import type { BodyLimits, MultipartReader } from './options.ts';

/** The media type that nearly every client sends. */
const json = { essence: 'application/json', parameters: new Map<string, string>() };

/**
 * Reads and parses the body of a POST, or of a QUERY that is presented as one. Returns `undefined` if there is no body.
 * Apollo itself responds to that with 400.
 *
 * Apollo's CSRF prevention uses the same parser of media types, so the two always agree: a body that a browser may send
 * without a preflight is never read.
 *
 * @throws GraphQLError with the status of the response: 400, 413 or 415.
 */
export async function readBody(
  request: Request,
  { method, headers }: Pick<HTTPGraphQLRequest, 'method' | 'headers'>,
  limits: BodyLimits,
  multipart?: MultipartReader,
): Promise<unknown> {
  if (method !== 'POST') return undefined;
  const contentType = headers.get('content-type') ?? '';
  const mimeType = contentType === json.essence ? json : MIMEType.parse(contentType);
  if (mimeType?.essence === 'multipart/form-data') {
    if (multipart === undefined) {
      throw badRequest('File uploads are off. The option "multipart" of the handler turns them on.');
    }
    checkReadable(request, headers);
    return await multipart(request, headers, mimeType.parameters.get('boundary'), limits);
  }
  if (mimeType?.essence !== json.essence) return undefined;
  if (!/^utf-?8$/i.test(mimeType.parameters.get('charset') ?? 'utf-8')) {
    throw badRequest('The request body must be encoded as UTF-8.', 415);
  }
  checkReadable(request, headers);
  return parseBody(await readBytes(request, headers, limits.maxBodyBytes), limits);
}

function checkReadable(request: Request, headers: HTTPGraphQLRequest['headers']): void {
  const encoding = headers.get('content-encoding');
  if (encoding && !/^identity$/i.test(encoding)) {
    throw badRequest('The request body must not have a content-encoding.', 415);
  }
  if (request.bodyUsed) {
    throw new Error(
      'Other code has read the request body. Mount the handler before such middleware, or pass a request.clone().',
    );
  }
}

/**
 * Parses the JSON of one operation or of a batch. Returns `undefined` for an empty body.
 *
 * @throws GraphQLError with the status 400.
 */
export function parseBody(bytes: Uint8Array, { maxBatchSize }: BodyLimits): unknown {
  const text = decode(bytes);
  if (text === '') return undefined;
  const body = parseJSON(text);
  if (Array.isArray(body) && body.length > maxBatchSize) {
    throw badRequest(`A batch may hold at most ${maxBatchSize} operations.`);
  }
  return body;
}

/** Created once, on first use, because creating a decoder costs more than decoding a small body. */
let decoder: TextDecoder | undefined;

/**
 * Decodes strictly, because replacing invalid bytes with U+FFFD would silently change the request. A BOM is stripped.
 */
function decode(bytes: Uint8Array): string {
  decoder ??= new TextDecoder();
  const text = decoder.decode(bytes);
  // Strict decoding is much slower, so only a text that may be invalid is decoded again.
  if (!text.includes('\uFFFD')) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('The request body is not valid UTF-8.');
  }
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message differs between runtimes and may quote the body.
    throw badRequest('Invalid JSON in the request body.');
  }
}
