import { HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';

/** A `Request` as Apollo takes it, its body still unread. */
export function toHTTPGraphQLRequest(request: Request): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  request.headers.forEach((value, name) => {
    headers.set(name, value);
  });
  return {
    // Deno hands a lower-case method on as it came; Apollo knows only the upper-case ones.
    method: request.method.toUpperCase(),
    headers,
    // The raw text from the first `?` to any `#`. Not `new URL(url).search`: behind some Node bridges an absolute-form
    // target or an odd `Host` makes a URL that does not parse.
    search: /^[^?#]*(\?[^#]*)/.exec(request.url)?.[1] ?? '',
    body: undefined,
  };
}
