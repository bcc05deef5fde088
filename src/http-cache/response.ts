import type { FetchAPI } from '../core/options.ts';
import { writeHeaders } from '../shared/headers.ts';
import { parseSeconds } from './cache-control.ts';
import type { Result, Served } from './entry.ts';
import { ageOf, isCacheable, makePrivate, namesIn } from './policy.ts';
import { etagOf, isNamed, removeMetadata } from './validators.ts';

/** The longest body that gets an entity tag and may be stored, in bytes: 1 MiB. */
const maxBodyBytes = 1_048_576;

/** Headers of one connection. https://www.rfc-editor.org/rfc/rfc9111#section-3.1 */
const neverStored =
  /^(connection|keep-alive|proxy-(authenticate|authentication-info|authorization|connection)|te|trailer|transfer-encoding|upgrade)$/;

/** What each response to a request depends on. */
interface Dependence {
  /** Whether it is for one client alone. */
  readonly isPersonal: boolean;
  /** The names of request headers. */
  readonly vary: readonly string[];
}

/**
 * Makes the response to a personal request private, and also one that sets a cookie. Reads a response that some cache
 * may keep, and gives it what caches need: `Date`, `ETag` and `Vary`. Every other response is returned as a `Response`,
 * such as a stream, the landing page or an error.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-7.3
 */
export async function readResult(
  given: Response,
  { isPersonal, vary }: Dependence,
  { Response }: FetchAPI,
): Promise<Result> {
  const isKept = isReadable(given);
  const isPrivate = isPersonal || given.headers.has('set-cookie');
  const response = isPrivate ? writeHeaders(given, makePrivate) : given;
  if (!isKept) return response;
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  if (!isResult(body)) return new Response(body, { status: 200, headers });
  const generated = Date.now() - 1000 * receivedAge(headers.get('age'));
  headers.delete('age');
  headers.set('content-length', String(body.byteLength));
  if (!headers.has('date')) headers.set('date', new Date(generated).toUTCString());
  const named = namesIn(headers.get('vary'));
  for (const name of vary) if (!named.includes(name)) headers.append('vary', name);
  if (!headers.has('etag')) headers.set('etag', await etagOf(headers.get('content-type') ?? '', body));
  return { entry: { headers, body, generated }, isReused: false };
}

/** Whether some cache may keep the response, and its body is complete. A stream declares no length. */
function isReadable({ status, headers, bodyUsed }: Response): boolean {
  const length = headers.get('content-length') ?? '';
  return (
    status === 200 &&
    !bodyUsed &&
    /^\d+$/.test(length) &&
    Number(length) <= maxBodyBytes &&
    !headers.has('content-encoding') &&
    /^application\/(graphql-response\+)?json\s*(;|$)/i.test(headers.get('content-type') ?? '') &&
    isCacheable(headers)
  );
}

/**
 * The age of a response that comes from another cache, in seconds. The first member of a list counts.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-5.1
 */
function receivedAge(header: string | null): number {
  return parseSeconds((header ?? '').replace(/,.*/, '').trim());
}

/**
 * Whether a body is the result of one operation without an error. `Cache-Control` does not tell, because the owner may
 * have overwritten Apollo's `no-store`.
 */
function isResult(body: Uint8Array): boolean {
  try {
    const result: unknown = JSON.parse(new TextDecoder().decode(body));
    return Object(result).data !== undefined && Object(result).errors === undefined;
  } catch {
    return false;
  }
}

/** The headers that a cache keeps. */
export function storedHeaders(headers: Headers): Headers {
  const kept = new Headers(headers);
  const ofConnection = namesIn(headers.get('connection'));
  for (const name of headers.keys()) {
    if (neverStored.test(name) || ofConnection.includes(name)) kept.delete(name);
  }
  return kept;
}

/**
 * Makes the response to one request: a 304 without a body if the client already has the entry, else the whole entry.
 */
export function respondWith({ entry, isReused }: Served, request: Request, { Response }: FetchAPI): Response {
  const headers = new Headers(entry.headers);
  const age = Math.floor(ageOf(entry));
  if (isReused || age > 0) headers.set('age', String(age));
  if (isNamed(headers.get('etag') ?? '', request.headers.get('if-none-match'))) {
    removeMetadata(headers);
    return new Response(null, { status: 304, headers });
  }
  return new Response(entry.body, { status: 200, headers });
}
