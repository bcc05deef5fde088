/** The directives of a `Cache-Control` header, by their names in lower case. */
export type Directives = ReadonlyMap<string, string>;

/**
 * The longest time, in seconds. A longer one counts as this long. https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2
 */
const longest = 2 ** 31;

/** A directive: its name, and its argument as a quoted string or as a token. */
const directive = /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?/g;

/**
 * Parses the header. Names are case-insensitive, and arguments are tokens or quoted strings.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2
 */
export function parseCacheControl(header: string | null): Directives {
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, token = ''] of (header ?? '').matchAll(directive)) {
    const key = name.toLowerCase();
    // A directive that is repeated has no valid value, so the response counts as stale.
    directives.set(key, directives.has(key) ? 'repeated' : (quoted ?? token));
  }
  return directives;
}

/** Returns the argument of a directive in seconds, 0 if it is not a number, and `undefined` without the directive. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const argument = directives.get(name);
  return argument === undefined ? undefined : parseSeconds(argument);
}

/** Returns 0 for what is no non-negative integer. */
export function parseSeconds(text: string): number {
  return /^\d+$/.test(text) ? Math.min(Number(text), longest) : 0;
}

/**
 * Returns the header with `private` in the place of the directives that let clients share the response. The text of the
 * others is kept, except for a quotation mark without its pair, which would hide what comes after it.
 */
export function withPrivate(header: string | null): string {
  const kept = [...(header ?? '').matchAll(directive)]
    .filter(([, name = '', , token = '']) => !/^(public|private|s-maxage)$/i.test(name) && !token.includes('"'))
    .map(([text]) => text);
  return [...kept, 'private'].join(', ');
}
