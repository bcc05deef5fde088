import { HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import { badRequest } from './error.ts';
import type { Exchange } from './exchange.ts';

/**
 * What Apollo takes, made of a `Request` whose body is still unread. The plugins of this package find the exchange behind
 * it. Others cannot: the field is private.
 */
export class ApolloRequest implements HTTPGraphQLRequest {
  readonly method: string;
  readonly headers: HeaderMap = new HeaderMap();
  readonly search: string;
  body: unknown;
  readonly #exchange: Exchange<Request>;

  constructor(request: Request, exchange: Exchange<Request>) {
    // Deno passes a lower-case method through. Apollo knows only the upper-case ones.
    this.method = request.method.toUpperCase();
    request.headers.forEach((value, name) => {
      this.headers.set(name, value);
    });
    // The raw text from the first `?` to any `#`. Not `new URL(url).search`: behind some bridges to Node an absolute-form
    // target or an odd `Host` makes a URL that does not parse.
    this.search = /^[^?#]*(\?[^#]*)/.exec(request.url)?.[1] ?? '';
    this.#exchange = exchange;
  }

  /** `undefined` for a request of another integration, and for an operation of a batch, which Apollo makes by copying. */
  static exchangeOf(request: HTTPGraphQLRequest): Exchange<Request> | undefined {
    return #exchange in request ? request.#exchange : undefined;
  }
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
