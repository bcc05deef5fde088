import { rawSearch, reachesIntoURL } from '../core/url.ts';
import { sha256 } from '../shared/sha256.ts';

/** The parameters that Apollo Server reads, and the one that `./trusted-documents` reads. */
const names = ['query', 'operationName', 'variables', 'extensions', 'documentId'] as const;

const named = new RegExp(`^(${names.join('|')})(=|$)`);

/**
 * The request headers on which Apollo's response to any GET depends: content negotiation and the landing page, the
 * media type of a body, and CSRF prevention.
 */
export const apolloHeaders: readonly string[] = [
  'accept',
  'content-type',
  'apollo-require-preflight',
  'x-apollo-operation-name',
];

/**
 * Returns a URL that is the same for all requests to which Apollo's response is the same. It has the origin and the
 * path of the request, which purging needs, and a hash of everything else. Returns `undefined` for a request that no
 * cache may respond to.
 *
 * @param headers The names of the request headers that the key holds.
 */
export async function keyOf(request: Request, headers: readonly string[]): Promise<string | undefined> {
  const { url } = request;
  if (!URL.canParse(url) || reachesIntoURL.test(request.headers.get('host') ?? '')) return undefined;
  const search = rawSearch.exec(url)?.[1] ?? '';
  const parameters = normalize(new URLSearchParams(search));
  if (parameters === undefined) return undefined;
  const { origin, pathname } = new URL(url);
  const hash = await sha256(
    JSON.stringify([
      // The raw text, because a context function may read a path in another way than the URL standard does.
      url.replace(/[?#].*/s, ''),
      parameters,
      search.slice(1).split('&').filter(isOther),
      headers.map((name) => request.headers.get(name)),
    ]),
  );
  return `${origin}${pathname}?graphql=${hash}`;
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
