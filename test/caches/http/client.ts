import type { Socket } from 'node:net';
import { vi } from 'vitest';
import type { Server } from '../../../scripts/launch.ts';
import { type Message, overSockets, type ReceivedResponse } from '../../conformance/http.ts';
import type { Fault } from '../faults.ts';

export interface Options {
  /** Default `/graphql`. */
  readonly path?: string;
  readonly headers?: Message['headers'];
  /** What the application is to send, beside Apollo's headers or in their place. */
  readonly respond?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A client of `app.ts` in another process. */
export class Client {
  readonly #transport: ReturnType<typeof overSockets>;

  constructor({ url }: Pick<Server, 'url'>) {
    this.#transport = overSockets(url);
  }

  async send(message: Message): Promise<ReceivedResponse> {
    return await this.#transport.send(message);
  }

  #message(query: string, { path = '/graphql', headers = {}, respond, parameters = {} }: Options): Message {
    return {
      target: `${path}?${new URLSearchParams({ query, ...parameters })}`,
      headers: {
        'apollo-require-preflight': 'true',
        ...(respond && { 'x-headers': JSON.stringify(Object.entries(respond)) }),
        ...headers,
      },
    };
  }

  async get(query: string, options: Options = {}): Promise<ReceivedResponse> {
    return await this.send(this.#message(query, options));
  }

  /** Sends a request, and leaves the connection open. */
  async open(query: string, options: Options = {}): Promise<Socket> {
    const { target, headers = {} } = this.#message(query, options);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    return await this.#transport.open(`GET ${target} HTTP/1.1\r\nHost: a\r\n${lines.join('\r\n')}\r\n\r\n`);
  }

  async #run(command: string, ...args: unknown[]): Promise<unknown> {
    const response = await this.send({ method: 'POST', target: `/${command}`, body: JSON.stringify(args) });
    if (response.status !== 200) throw new Error(`${command}: ${response.status} ${response.text}`);
    return response.json;
  }

  /** How often the resolver of that name was called. */
  async calls(name: string): Promise<number> {
    return (await this.#run('calls', name)) as number;
  }

  /** Runs an action while resolvers wait, and lets them go on when so many more requests have arrived. */
  async during<T>(requests: number, begin: () => Promise<T> | T): Promise<T> {
    const before = (await this.#run('arrived')) as number;
    await this.#run('hold', true);
    try {
      const begun = begin();
      await vi.waitUntil(async () => ((await this.#run('arrived')) as number) >= before + requests, {
        timeout: 10_000,
      });
      return await begun;
    } finally {
      await this.#run('hold', false);
    }
  }

  async hold(value: boolean): Promise<void> {
    await this.#run('hold', value);
  }

  async arrived(): Promise<number> {
    return (await this.#run('arrived')) as number;
  }

  /** Puts the clock of the server forward, by so many seconds in all. */
  async setClock(seconds: number): Promise<void> {
    await this.#run('setClock', seconds * 1000);
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#run('setFault', fault);
  }
}

/** A name that no other case has. */
export function fresh(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
