/**
 * The SHA-256 of a body and its media type, because the same bytes with another media type are another representation.
 * It is a weak validator, because Envoy removes a strong one when it compresses the body.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1
 */
export async function etagOf(contentType: string, body: Uint8Array): Promise<string> {
  const prefix = new TextEncoder().encode(`${contentType}\n`);
  const bytes = new Uint8Array(prefix.byteLength + body.byteLength);
  bytes.set(prefix);
  bytes.set(body, prefix.byteLength);
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return `W/"${btoa(String.fromCharCode(...new Uint8Array(digest)))}"`;
}

/** What Apache and Caddy (`-gzip`), or Jetty (`--gzip`), add to the entity tag of a body that they compress. */
const suffix = /--?(br|deflate|gzip|zstd)"$/;

/**
 * Whether `If-None-Match` names the entity tag. Strong and weak tags match each other.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function isNamed(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = (tag: string) => tag.replace(/^W\//, '');
  const tags = ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.map(opaque).some((tag) => [tag, tag.replace(suffix, '"')].includes(opaque(etag)));
}

/** The headers that describe a body. A response without a body leaves them out. */
const metadata = /^(content-(type|length|encoding|language|range)|last-modified)$/;

/**
 * Keeps only the headers that belong to the status 304.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5
 */
export function removeMetadata(headers: Headers): void {
  for (const name of [...headers.keys()]) if (metadata.test(name)) headers.delete(name);
}
