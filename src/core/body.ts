import type { HTTPGraphQLRequest } from '@apollo/server';
import MIMEType from 'whatwg-mimetype';
import { badRequest } from './error.ts';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxBatchSize: number;
}

/** How long a client has to read that its body is too large before the connection may be closed, in milliseconds. */
const LINGER = 50;

/**
 * The parsed JSON of a POST's body, or `undefined` where there is none: then Apollo's own 400 answers.
 *
 * @throws GraphQLError with the status to answer: 400, 413 or 415.
 */
export async function readBody(
  request: Request,
  { method, headers }: Pick<HTTPGraphQLRequest, 'method' | 'headers'>,
  limits: BodyLimits,
): Promise<unknown> {
  if (method !== 'POST') return undefined;
  const charset = jsonCharset(headers.get('content-type'));
  if (charset === undefined) return undefined;
  if (charset !== 'utf-8' && !/^utf-?8$/i.test(charset)) {
    throw badRequest('The request body must be encoded as UTF-8.', 415);
  }
  const encoding = headers.get('content-encoding');
  if (encoding && !/^identity$/i.test(encoding)) {
    throw badRequest('The request body must not have a content-encoding.', 415);
  }
  // Believed only where it refuses early: what arrives is counted all the same.
  if (Number(headers.get('content-length')) > limits.maxBodyBytes) throw tooLarge(limits);
  if (request.bodyUsed) {
    throw new Error('The request body was read before. Pass a request.clone().');
  }
  const text = decode(await readBytes(request, limits));
  if (text === '') return undefined;
  const body = parseJSON(text);
  if (Array.isArray(body) && body.length > limits.maxBatchSize) {
    throw badRequest(`A batch may hold at most ${limits.maxBatchSize} operations.`);
  }
  return body;
}

/**
 * The charset of a JSON media type; `undefined` for every other type. Parsed as Apollo's CSRF prevention parses it, so
 * that the two can never disagree on what a request is: a type that a browser sends without a preflight is never read.
 */
function jsonCharset(contentType = ''): string | undefined {
  // As nearly every client sends it.
  if (contentType === 'application/json') return 'utf-8';
  const mimeType = MIMEType.parse(contentType);
  if (mimeType?.essence !== 'application/json') return undefined;
  return mimeType.parameters.get('charset') ?? 'utf-8';
}

/** Counted while it arrives: at most one chunk over the limit is read. */
async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    // Hosts fail the body of a client that has left. Not to be executed, whatever of it has arrived.
    const { done, value } = await reader.read().catch(endedEarly);
    if (done) break;
    size += value.byteLength;
    // Also where a stream of strings has no length to count.
    if (!(size <= limits.maxBodyBytes)) {
      // Bridges to Node end the connection with the body, and the client is to read the answer first. Not awaited: the
      // source may take its time to stop.
      setTimeout(() => reader.cancel().catch(() => {}), LINGER);
      throw tooLarge(limits);
    }
    chunks.push(value);
  }
  if (chunks[0]?.byteLength === size) return chunks[0];
  // Joined, because each call of a decoder has its cost, and how many chunks there are is for the client to say.
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** Made once, and late: it costs several times what it takes to decode a small body. */
let decoder: TextDecoder | undefined;

function decode(bytes: Uint8Array): string {
  // `fatal`, because U+FFFD in place of what was sent would be a silent change; a BOM is stripped on every runtime.
  decoder ??= new TextDecoder('utf-8', { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch {
    throw badRequest('The request body is not valid UTF-8.');
  }
}

function endedEarly(): never {
  throw badRequest('The request body ended early.');
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message differs from runtime to runtime and may quote the body.
    throw badRequest('Invalid JSON in the request body.');
  }
}

function tooLarge({ maxBodyBytes }: BodyLimits): Error {
  return badRequest(`The request body is larger than ${maxBodyBytes} bytes.`, 413);
}
