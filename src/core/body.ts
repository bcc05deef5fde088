import type { HTTPGraphQLRequest } from '@apollo/server';
import MIMEType from 'whatwg-mimetype';
import { readBytes } from './bytes.ts';
import { badRequest } from './error.ts';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxBatchSize: number;
}

/**
 * Reads and parses the JSON body of a POST. Returns `undefined` where there is none, which Apollo itself answers with 400.
 *
 * @throws GraphQLError with the status of the response: 400, 413 or 415.
 */
export async function readBody(
  request: Request,
  { method, headers }: Pick<HTTPGraphQLRequest, 'method' | 'headers'>,
  { maxBodyBytes, maxBatchSize }: BodyLimits,
): Promise<unknown> {
  if (method !== 'POST') return undefined;
  const charset = jsonCharset(headers.get('content-type'));
  if (charset === undefined) return undefined;
  if (!/^utf-?8$/i.test(charset)) {
    throw badRequest('The request body must be encoded as UTF-8.', 415);
  }
  const encoding = headers.get('content-encoding');
  if (encoding && !/^identity$/i.test(encoding)) {
    throw badRequest('The request body must not have a content-encoding.', 415);
  }
  if (request.bodyUsed) {
    throw new Error('The request body was read before. Pass a request.clone().');
  }
  const text = decode(await readBytes(request, headers, maxBodyBytes));
  if (text === '') return undefined;
  const body = parseJSON(text);
  if (Array.isArray(body) && body.length > maxBatchSize) {
    throw badRequest(`A batch may hold at most ${maxBatchSize} operations.`);
  }
  return body;
}

/**
 * The charset of a JSON media type, `undefined` for every other type. Apollo's CSRF prevention uses the same parser, so
 * the two always agree: a body that a browser may send without a preflight is never read.
 */
function jsonCharset(contentType = ''): string | undefined {
  // Nearly every client sends exactly this.
  if (contentType === 'application/json') return 'utf-8';
  const mimeType = MIMEType.parse(contentType);
  if (mimeType?.essence !== 'application/json') return undefined;
  return mimeType.parameters.get('charset') ?? 'utf-8';
}

/** Made once, and on first use: a decoder costs more to make than a small body to decode. */
let decoder: TextDecoder | undefined;

/** Decodes strictly, because U+FFFD in place of what was sent would be a silent change. A BOM is stripped. */
function decode(bytes: Uint8Array): string {
  decoder ??= new TextDecoder();
  const text = decoder.decode(bytes);
  // Runtimes decode strictly at several times the cost, so only a text that may be wrong is looked at twice.
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
