import type { Protocol } from '../shared/protocols.ts';

/** What a client accepts. */
export interface Accepted {
  /** The protocol for subscriptions that it prefers. */
  readonly protocol: Protocol | undefined;
  /** Whether it accepts a response that is not a stream. */
  readonly json: boolean;
  /** Whether it knows `application/graphql-response+json`, with which a response without data is no success. */
  readonly graphQLResponse: boolean;
}

/** The protocols that a client can accept. */
export type Protocols = Readonly<Record<'multipartMixed' | 'eventStream', Protocol>>;

const graphQLResponse = 'application/graphql-response+json';
const jsonTypes: readonly string[] = ['application/json', graphQLResponse, 'application/*', '*/*'];

/** Reads an `Accept` header: https://www.rfc-editor.org/rfc/rfc9110#name-accept */
export function negotiate(header: string | undefined, { multipartMixed, eventStream }: Protocols): Accepted {
  if (header === undefined) return { protocol: undefined, json: true, graphQLResponse: false };
  const ranges = header
    .toLowerCase()
    // Quotes make no difference to the values that matter here. Clients write both `subscriptionSpec="1.0"` and
    // `subscriptionSpec=1.0`.
    .replaceAll('"', '')
    .split(',')
    .map(toRange)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);

  function protocolIn({ type, parameters }: Range): Protocol | undefined {
    if (type === 'text/event-stream') return eventStream;
    return type === 'multipart/mixed' && parameters.includes('subscriptionspec=1.0') ? multipartMixed : undefined;
  }
  return {
    protocol: ranges.map(protocolIn).find((protocol) => protocol !== undefined),
    json: ranges.some(({ type }) => jsonTypes.includes(type)),
    graphQLResponse: ranges.some(({ type }) => type === graphQLResponse),
  };
}

interface Range {
  readonly type: string;
  readonly parameters: readonly string[];
  readonly quality: number;
}

function toRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((token) => token.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1;
  return { type, parameters, quality: Number(quality) };
}
