import { HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import { badRequest } from './error.ts';
import type { Exchange } from './exchange.ts';
import { ExchangeRequest } from './exchange-request.ts';

/** Converts a `Request` to what Apollo takes. The body is still unread. */
export function toHTTPGraphQLRequest(request: Request, exchange: Exchange<Request>): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  request.headers.forEach((value, name) => {
    headers.set(name, value);
  });
  return new ExchangeRequest(
    // Deno passes a lower-case method through. Apollo knows only the upper-case ones.
    request.method.toUpperCase(),
    headers,
    // The raw text from the first `?` to any `#`. Not `new URL(url).search`: behind some bridges to Node an absolute-form
    // target or an odd `Host` makes a URL that does not parse.
    /^[^?#]*(\?[^#]*)/.exec(request.url)?.[1] ?? '',
    exchange,
  );
}

/**
 * Some hosts write the `Host` header into `request.url` as it is. With `Host: a/?query={secret}&x=` the URL then has another
 * query than the request target, which is what logs, firewalls and caches see.
 *
 * @throws GraphQLError with the status 400 for a `Host` that would reach into the path or the query.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function checkHost({ headers }: Pick<HTTPGraphQLRequest, 'headers'>): void {
  if (/[/?#\\]/.test(headers.get('host') ?? '')) throw badRequest('Invalid Host header.');
}
