import type { Server } from '../../scripts/launch.ts';
import type { Journal } from '../apps/subscriptions.ts';
import { printedBy } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import type { LaunchOptions } from '../hosts/launch.ts';
import { Call, type CallOptions } from '../incremental/wire.ts';
import { complete, multipart, multipartGoodbye, multipartStart, next, part } from './wire.ts';

/** One of the two protocols: what its clients accept, and the bytes that they receive. */
export interface Protocol {
  readonly name: string;
  readonly accept: string;
  readonly contentType: string;
  /** The bytes that are sent at once. */
  readonly start: string;
  readonly heartbeat: string;
  withoutHeartbeats(text: string): string;
  event(result: unknown): string;
  readonly end: string;
  failure(errors: unknown): string;
  readonly goodbye: string;
}

export const protocols: readonly Protocol[] = [
  {
    name: 'multipart',
    accept: multipart,
    contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
    start: multipartStart,
    heartbeat: part('{}'),
    withoutHeartbeats: (text) => text.replaceAll(part('{}'), ''),
    event: (payload) => part(JSON.stringify({ payload })),
    end: '--\r\n',
    failure: (errors) => `${part(JSON.stringify({ payload: null, errors }))}--\r\n`,
    goodbye: multipartGoodbye,
  },
  {
    name: 'event stream',
    accept: 'text/event-stream',
    contentType: 'text/event-stream; charset=utf-8',
    start: ':\n',
    heartbeat: ':\n',
    withoutHeartbeats: (text) => text.replaceAll(/^:\n/gm, ''),
    event: (result) => next(JSON.stringify(result)),
    end: complete,
    failure: (errors) => next(JSON.stringify({ errors })) + complete,
    goodbye: '',
  },
];

/** One subscription. Its body is read without regard to how the host cuts it into chunks. */
export class Stream {
  readonly call: Call;
  #text = '';

  constructor(call: Call) {
    this.call = call;
  }

  /** Reads until the body has continued with this text. Heartbeats do not count. */
  async until(expected: string, { withoutHeartbeats }: Protocol): Promise<void> {
    const wanted = withoutHeartbeats(expected);
    while (!withoutHeartbeats(this.#text).startsWith(wanted)) {
      const chunk = await this.call.next();
      if (chunk === undefined) throw new Error(`Expected ${JSON.stringify(wanted)}, got ${JSON.stringify(this.#text)}`);
      this.#text += chunk;
    }
    this.#text = withoutHeartbeats(this.#text).slice(wanted.length);
  }

  /** Reads the rest of the body, and removes the heartbeats. */
  async rest({ withoutHeartbeats }: Protocol): Promise<string> {
    return withoutHeartbeats(this.#text + (await this.call.rest()).join(''));
  }
}

/** The application running on a host. */
export interface Fixture {
  readonly server: Server;
  call(query: string, options?: CallOptions & { accept?: string }): Call;
  journal(run: string): Promise<Journal>;
  open(run: string): Promise<void>;
  /** Stops the server, and returns what it has printed besides its URL. */
  stop(): Promise<string>;
}

export async function startFixture(host: Pick<Host, 'launch' | 'prints'>, options?: LaunchOptions): Promise<Fixture> {
  const server = await host.launch('subscriptions', options);
  const call: Fixture['call'] = (query, { method = 'POST', accept = 'application/json', headers, ...options } = {}) =>
    new Call(`${server.url}/graphql${method === 'GET' ? `?query=${encodeURIComponent(query)}` : ''}`, {
      method,
      body: method === 'GET' ? '' : JSON.stringify({ query }),
      ...options,
      headers: { accept, 'accept-encoding': 'gzip, br', 'apollo-require-preflight': 'true', ...headers },
    });
  async function ask(query: string) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'accept-encoding': 'identity' },
      body: JSON.stringify({ query }),
    });
    return (await response.json()).data;
  }
  return {
    server,
    call,
    journal: async (run) => (await ask(`{ journal(run: "${run}") }`)).journal,
    async open(run) {
      await ask(`mutation { open(run: "${run}") }`);
    },
    async stop() {
      await server.stop();
      return printedBy(server, host);
    },
  };
}
