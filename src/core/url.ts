/**
 * The raw text from the first `?` to any `#`. Not `new URL(url).search`: behind some bridges to Node an absolute-form target
 * or an odd `Host` makes a URL that does not parse.
 */
export function searchOf(url: string): string {
  return /^[^?#]*(\?[^#]*)/.exec(url)?.[1] ?? '';
}

/**
 * Whether a `Host` header would reach into the path or the query. Some hosts write it into `request.url` as it is. With
 * `Host: a/?query={secret}&x=` the URL then has another query than the request target, which is what logs, firewalls and
 * caches see.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function reachesIntoURL(host: string | null | undefined): boolean {
  return /[/?#\\]/.test(host ?? '');
}
