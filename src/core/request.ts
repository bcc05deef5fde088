import { HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import { badRequest } from './error.ts';
import type { Exchange } from './exchange.ts';
import { reachesIntoURL, searchOf } from './url.ts';

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
    this.search = searchOf(request.url);
    this.#exchange = exchange;
  }

  /** `undefined` for a request of another integration, and for an operation of a batch, which Apollo makes by copying. */
  static exchangeOf(request: HTTPGraphQLRequest): Exchange<Request> | undefined {
    return #exchange in request ? request.#exchange : undefined;
  }
}

/**
 * Refuses a `Host` that would give the URL another query than the request target has.
 *
 * @throws GraphQLError with the status 400.
 */
export function checkHost({ headers }: Pick<HTTPGraphQLRequest, 'headers'>): void {
  if (reachesIntoURL(headers.get('host'))) throw badRequest('Invalid Host header.');
}
