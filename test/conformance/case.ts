import type { Directions } from '../apps/conformance.ts';
import type { Message, ReceivedResponse, Transport } from './http.ts';

/** One rule, and the requests and responses that show that it is kept. */
export interface Case {
  /** Unique in the suite, because the gaps of the hosts and the results refer to it. */
  readonly name: string;
  /** The source of the rule. */
  readonly rule: string;
  /** Whether the case needs an HTTP/1.1 socket: its rule is about bytes that no `Request` or `Response` holds. */
  readonly wire?: true;
  run(client: Client): Promise<void>;
}

export interface Family {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** The client that a case uses. */
export interface Client extends Transport {
  /** A property of the arguments that the host passes after the request, or `undefined` if there are none. */
  readonly platform: string | undefined;
  /** Sends a GET with the percent-encoded parameters in the query string. */
  get(parameters: Readonly<Record<string, string>>, options?: RequestOptions): Promise<ReceivedResponse>;
  /** Sends a POST with a JSON body. A string or bytes are sent as they are. */
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

/** The header with which a GET passes Apollo's CSRF prevention. */
export const preflighted = { 'apollo-require-preflight': 'true' } as const;

/** Returns the path of a server that has had no request yet. */
export function fresh(variant: string): string {
  return `/${variant}/${crypto.randomUUID()}`;
}

/** The header that tells the application what to do. */
export function direct(directions: Directions): { 'x-test': string } {
  // A header holds only ASCII, and JSON can escape all other characters.
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
