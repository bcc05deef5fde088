import type { Directions } from '../apps/conformance.ts';
import type { Message, ReceivedResponse, Transport } from './http.ts';

/** One rule, and what a client sends and gets that shows it is kept. */
export interface Case {
  /** Unique in the suite: the gaps of the hosts and the results name it. */
  readonly name: string;
  /** Where the rule is written. */
  readonly rule: string;
  /** Over sockets of HTTP/1.1 only: the rule is about bytes that no `Request` or `Response` holds. */
  readonly wire?: true;
  run(client: Client): Promise<void>;
}

export interface Family {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** What a case has to work with. */
export interface Client extends Transport {
  /** A property by which to know what the host passes after the request; `undefined` if it passes nothing. */
  readonly platform: string | undefined;
  /** A GET with the parameters in the query, each percent-encoded. */
  get(parameters: Readonly<Record<string, string>>, options?: RequestOptions): Promise<ReceivedResponse>;
  /** A POST with a JSON body; a string or bytes are sent as they are. */
  post(body: unknown, options?: RequestOptions): Promise<ReceivedResponse>;
}

export interface RequestOptions {
  /** The path of a variant of the application. */
  readonly to?: string;
  readonly headers?: Message['headers'];
}

export function createClient(transport: Transport, platform: string | undefined): Client {
  const { send } = transport;
  return {
    ...transport,
    platform,
    get(parameters, { to = '/graphql', headers = {} } = {}) {
      return send({ target: `${to}?${new URLSearchParams(parameters)}`, headers: { ...preflighted, ...headers } });
    },
    post(body, { to = '/graphql', headers = {} } = {}) {
      return send({
        method: 'POST',
        target: to,
        headers: { 'content-type': 'application/json', ...headers },
        body: isRaw(body) ? body : JSON.stringify(body),
      });
    },
  };
}

function isRaw(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** What lets a GET through Apollo's CSRF prevention. */
export const preflighted = { 'apollo-require-preflight': 'true' } as const;

/** The path of a server that nobody has called yet. */
export function fresh(variant: string): string {
  return `/${variant}/${crypto.randomUUID()}`;
}

/** The header that tells the application what to do. */
export function direct(directions: Directions): { 'x-test': string } {
  // A header holds ASCII; JSON can say the rest in ASCII.
  const json = JSON.stringify(directions).replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { 'x-test': json };
}

/** The value at a path of keys in the JSON of a response. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => Object(inner)[key], value);
}
