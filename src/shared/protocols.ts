/**
 * How the events of a subscription are written into the body of a response. All results are JSON without line breaks.
 */
export interface Protocol {
  readonly contentType: string;
  /** The text before everything else. */
  readonly opening: string;
  readonly heartbeat: string;
  event(result: string): string;
  /** The text after the last event. */
  readonly ending: string;
  /** An error that ends the subscription, including the ending. */
  failure(errors: string): string;
  /** The text that is sent last when the client should subscribe again, and why. By default the server is stopping. */
  goodbye(reason?: string): string;
}

/**
 * Multipart subscriptions over HTTP. Each part ends with the delimiter of the next one, because clients read up to it.
 *
 * @see https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 */
export const multipartMixed: Protocol = {
  // The iOS client compares `subscriptionSpec=1.0` as text, so the value must not be quoted.
  contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
  opening: '\r\n--graphql',
  heartbeat: part('{}'),
  event: (result) => part(`{"payload":${result}}`),
  ending: '--\r\n',
  failure: fatal,
  goodbye: (reason = 'The server is stopping.') =>
    fatal(JSON.stringify([{ message: reason, extensions: { code: 'SERVICE_UNAVAILABLE' } }])),
};

function part(json: string): string {
  return `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`;
}

function fatal(errors: string): string {
  return `${part(`{"payload":null,"errors":${errors}}`)}--\r\n`;
}

/**
 * Server-sent events, in the distinct connections mode of GraphQL over SSE. If a stream ends without `complete`, the
 * client assumes that the connection was lost.
 *
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export const eventStream: Protocol = {
  // Without the charset, some clients read Latin-1, as they do for other types of text.
  contentType: 'text/event-stream; charset=utf-8',
  opening: '',
  // Some parsers take an empty line after a comment for the end of a message.
  heartbeat: ':\n',
  event: next,
  ending: complete(),
  failure: (errors) => next(`{"errors":${errors}}`) + complete(),
  goodbye: () => '',
};

function next(result: string): string {
  // Clients in Python take these characters of a JSON string for ends of lines.
  const data = result.replace(/[\x85\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `event: next\ndata: ${data}\n\n`;
}

/** Without the empty `data`, an `EventSource` would not dispatch the event. */
function complete(): string {
  return 'event: complete\ndata:\n\n';
}
