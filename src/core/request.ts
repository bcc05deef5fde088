import { HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';

/** Converts a `Request` to what Apollo takes. The body is still unread. */
export function toHTTPGraphQLRequest(request: Request): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  request.headers.forEach((value, name) => {
    headers.set(name, value);
  });
  return {
    // Deno passes a lower-case method through. Apollo knows only the upper-case ones.
    method: request.method.toUpperCase(),
    headers,
    // The raw text from the first `?` to any `#`. Not `new URL(url).search`: behind some bridges to Node an absolute-form
    // target or an odd `Host` makes a URL that does not parse.
    search: /^[^?#]*(\?[^#]*)/.exec(request.url)?.[1] ?? '',
    body: undefined,
  };
}

/**
 * Whether the `Host` header has become part of the URL's path or query. With `Host: a/?query={secret}&x=` some bridges to
 * Node make a URL whose query is not the one in the request target, which logs, firewalls and caches see.
 */
export function hasForgedURL(request: Request, host = ''): boolean {
  // A valid `Host` has none of these: https://www.rfc-editor.org/rfc/rfc9110#section-7.2
  if (!/[/?#\\]/.test(host)) return false;
  // A host that makes the URL without such a `Host` has put another one in its place.
  const { url } = request;
  return hostOf(url) === hostOf(url.replace(/\/\/.*/s, () => `//${host}`));
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
