import { HeaderMap, type HTTPGraphQLRequest, type HTTPGraphQLResponse } from '@apollo/server';
import { badRequest } from './error.ts';
import type { Exchange } from './exchange.ts';
import { rawSearch, reachesIntoURL } from './url.ts';

/**
 * The request in Apollo's form, created from a `Request` whose body is still unread. Only this package's plugins can
 * get the exchange behind it, because the field is private.
 */
export class ApolloRequest implements HTTPGraphQLRequest {
  readonly method: string;
  /** Whether it is a QUERY, which Apollo sees as a POST. Apollo copies this field for each operation of a batch. */
  readonly isQuery: boolean;
  readonly headers: HeaderMap = new HeaderMap();
  search: string;
  /** Not there until the body was read and the context made. So Apollo itself refuses only a request that has it. */
  declare body: unknown;
  readonly #exchange: Exchange<Request>;

  constructor(request: Request, exchange: Exchange<Request>, takesQuery: boolean) {
    // Deno passes a lower-case method through. Apollo knows only the upper-case ones.
    const method = request.method.toUpperCase();
    this.isQuery = takesQuery && method === 'QUERY';
    this.method = this.isQuery ? 'POST' : method;
    request.headers.forEach((value, name) => {
      this.headers.set(name, value);
    });
    this.search = rawSearch.exec(request.url)?.[1] ?? '';
    this.#exchange = exchange;
  }

  /**
   * Returns `undefined` for a request of another integration, and for an operation of a batch, whose request Apollo
   * copies.
   */
  static exchangeOf(request: HTTPGraphQLRequest): Exchange<Request> | undefined {
    return #exchange in request ? request.#exchange : undefined;
  }
}

/**
 * What `./statuses` does to each response, also to those that no hook of Apollo sees. The key is the `cache` of the
 * server, because plugins never get the server itself.
 */
export const finishers: WeakMap<object, (response: HTTPGraphQLResponse, request: ApolloRequest) => void> =
  new WeakMap();

/**
 * Some hosts write the `Host` header into `request.url` as it is. `Host: a/?query={secret}&x=` then makes a URL with
 * another query than the request target has. Logs, firewalls and caches see the request target.
 *
 * @throws GraphQLError with the status 400 for a `Host` that would reach into the path or the query.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function checkHost({ headers }: Pick<HTTPGraphQLRequest, 'headers'>): void {
  if (reachesIntoURL.test(headers.get('host') ?? '')) throw badRequest('Invalid Host header.');
}
