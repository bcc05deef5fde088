/** The `Accept` header of Apollo Client's subscriptions. */
export const multipart =
  'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9';

/** One part of a multipart subscription. */
export const part = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`;
export const multipartStart = `\r\n--graphql${part('{}')}`;
export const multipartGoodbye = `${part('{"payload":null,"errors":[{"message":"The server is stopping.","extensions":{"code":"SERVICE_UNAVAILABLE"}}]}')}--\r\n`;

/** One event of an event stream. */
export const next = (json: string) => `event: next\ndata: ${json}\n\n`;
export const complete = 'event: complete\ndata:\n\n';
