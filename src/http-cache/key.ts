import { rawSearch, reachesIntoURL } from '../core/url.ts';
import { sha256 } from '../shared/sha256.ts';

/** The parameters that Apollo Server reads, and the one that `./trusted-documents` reads. */
const names = ['query', 'operationName', 'variables', 'extensions', 'documentId'] as const;

const named = new RegExp(`^(${names.join('|')})(=|$)`);

/**
 * The request headers on which Apollo's response to any GET or QUERY depends: content negotiation and the landing page,
 * the media type of a body, and CSRF prevention.
 */
export const apolloHeaders: readonly string[] = [
  'accept',
  'content-type',
  'apollo-require-preflight',
  'x-apollo-operation-name',
];

/** With this request header, a subgraph adds a trace to its result. */
export const traceHeader = 'apollo-federation-include-trace';

/** The longest origin and path that a key shows, in characters. V8 gives all long strings of one length the same hash. */
const maxShown = 256;

/**
 * Returns a URL that is the same for all requests to which Apollo's response is the same. It shows the origin and the
 * path of the request, which purging needs, and has a hash of everything. Returns `undefined` for a request that no
 * cache may respond to.
 *
 * @param headers The names of the request headers that the key holds.
 * @param content The body of a QUERY in one form. Without it, the parameters are those of the URL.
 */
export async function keyOf(
  request: Request,
  headers: readonly string[],
  content?: string,
): Promise<string | undefined> {
  const { url } = request;
  if (!URL.canParse(url) || reachesIntoURL.test(request.headers.get('host') ?? '')) return undefined;
  const search = rawSearch.exec(url)?.[1] ?? '';
  // A text is never equal to the list of a GET.
  const parameters = content ?? normalize(new URLSearchParams(search));
  if (parameters === undefined) return undefined;
  const hash = await sha256(
    JSON.stringify([
      // The raw text, because a context function may read a path in another way than the URL standard does.
      url.replace(/[?#].*/s, ''),
      parameters,
      content === undefined ? search.slice(1).split('&').filter(isOther) : search,
      headers.map((name) => [name, request.headers.get(name)]),
    ]),
  );
  // Serialised anew, because a piece of a string can keep the whole string in memory, and URLs are long.
  return new URL(`${shownOf(url)}?graphql=${hash}`).href;
}

/**
 * The origin and the path of a URL, if they are short enough. A `Cache` takes only URLs of HTTP, but Deno gives a
 * request over a Unix socket one of the scheme `http+unix`.
 */
function shownOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  const isHTTP = protocol === 'http:' || protocol === 'https:';
  const shown = `${isHTTP ? protocol : 'http:'}//${host}${pathname}`;
  const isShown = shown.length <= maxShown && (isHTTP || URL.canParse(shown));
  return isShown ? shown : 'http://graphql.invalid/';
}

/** Whether a parameter has none of these names. One with an escape in its name is in both lists, which does no harm. */
function isOther(parameter: string): boolean {
  return !named.test(parameter);
}

/**
 * Returns these parameters in one form. Returns `undefined` if Apollo refuses them, or if they have to reach Apollo.
 */
function normalize(search: URLSearchParams): (string | null)[] | undefined {
  const given = names.map((name) => search.getAll(name));
  if (given.some((values) => values.length > 1)) return undefined;
  const [query, operationName, variables, extensions, documentId] = given.map(([value]) => value ?? null);
  if (!query && !extensions && !documentId) return undefined;
  const texts = [variables, extensions].map((text) => (typeof text === 'string' ? compact(text) : null));
  if (texts.includes(undefined)) return undefined;
  // A query that comes with its hash has to reach Apollo, which registers it.
  if (query && Object.hasOwn(JSON.parse(extensions ?? '{}'), 'persistedQuery')) return undefined;
  return [query ?? null, operationName ?? null, documentId ?? null, ...(texts as (string | null)[])];
}

/**
 * Removes the white space between the tokens of a JSON object. Serializing the parsed object would turn `1e400` into
 * `null`, which Apollo treats differently. Returns `undefined` for anything else.
 */
function compact(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  } catch {
    return undefined;
  }
  return json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+/g, '$1');
}
