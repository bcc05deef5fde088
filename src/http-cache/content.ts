import { parseBody } from '../core/body.ts';
import { replaceBody } from '../shared/replace-body.ts';

/** The longest body that is read, in bytes: 1 MiB. */
const maxBytes = 1_048_576;

/** No type that a browser sends without a preflight, because CSRF prevention refuses those before they are read. */
const json = /^application\/json\s*(;\s*charset=utf-?8\s*)?$/i;

/**
 * Reads the body of a QUERY, and leaves the same bytes for the handler. Returns the body in one form, for the key
 * alone. Returns `undefined` if no cache may respond to it. A body that is compressed, too long or of undeclared length
 * is left unread.
 *
 * @see https://www.rfc-editor.org/rfc/rfc10008
 */
export async function contentOf(request: Request): Promise<string | undefined> {
  const { headers, bodyUsed } = request;
  const length = headers.get('content-length') ?? '';
  const isReadable =
    !bodyUsed &&
    json.test(headers.get('content-type') ?? '') &&
    !headers.has('content-encoding') &&
    !headers.has('transfer-encoding') &&
    /^\d+$/.test(length) &&
    Number(length) <= maxBytes;
  if (!isReadable) return undefined;
  try {
    const bytes = new Uint8Array(await request.arrayBuffer());
    replaceBody(request, bytes);
    return normalize(parseBody(bytes, { maxBodyBytes: maxBytes, maxBatchSize: 0 }));
  } catch (error) {
    // The handler has to respond to what it cannot read.
    if (request.bodyUsed) replaceBody(request, failing(error));
    return undefined;
  }
}

function failing(error: unknown): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.error(error);
    },
  });
}

/**
 * Sorts the members of a body, and those of its variables. The order of what is deeper reaches resolvers, so it stays.
 *
 * @throws RangeError for a body that is nested too deeply.
 */
function normalize(body: unknown): string | undefined {
  if (!isObject(body)) return undefined;
  const { query, variables, extensions, documentId } = body;
  if (!query && !extensions && !documentId) return undefined;
  // A query that comes with its hash has to reach Apollo, which registers it.
  if (query && isObject(extensions) && Object.hasOwn(extensions, 'persistedQuery')) return undefined;
  // A list of pairs must not look like sorted variables.
  if (!isObject(variables ?? {})) return undefined;
  let isExact = true;
  const text = JSON.stringify(
    membersOf(body).map(([name, value]) => [name, name === 'variables' && isObject(value) ? membersOf(value) : value]),
    (_name, value) => {
      // JSON would print `1e400` as `null`, and -0 as 0.
      if (typeof value === 'number') isExact &&= Number.isFinite(value) && !Object.is(value, -0);
      return value;
    },
  );
  return isExact ? text : undefined;
}

/** A list, because an object would put some names first and others last. */
function membersOf(object: Readonly<Record<string, unknown>>): (readonly [name: string, value: unknown])[] {
  return Object.keys(object)
    .sort()
    .map((name) => [name, object[name]]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
