import type { HeaderMap, HTTPGraphQLRequest } from '@apollo/server';
import type { Exchange } from './exchange.ts';

/** What Apollo is given. The plugins of this package find the exchange behind it. Others cannot: the field is private. */
export class ExchangeRequest implements HTTPGraphQLRequest {
  readonly method: string;
  readonly headers: HeaderMap;
  readonly search: string;
  body: unknown = undefined;
  readonly #exchange: Exchange<Request>;

  constructor(method: string, headers: HeaderMap, search: string, exchange: Exchange<Request>) {
    this.method = method;
    this.headers = headers;
    this.search = search;
    this.#exchange = exchange;
  }

  /** `undefined` for a request of another integration, and for an operation of a batch, which Apollo makes by copying. */
  static exchangeOf(request: HTTPGraphQLRequest | undefined): Exchange<Request> | undefined {
    return request !== undefined && #exchange in request ? request.#exchange : undefined;
  }
}
