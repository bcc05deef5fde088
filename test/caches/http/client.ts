import type { Socket } from 'node:net';
import { vi } from 'vitest';
import type { Server } from '../../../scripts/launch.ts';
import { type Message, overSockets, type ReceivedResponse } from '../../conformance/http.ts';
import type { Fault } from '../faults.ts';

export interface Options {
  /** Default `/graphql`. */
  readonly path?: string;
  readonly headers?: Message['headers'];
  /** The headers that the application sends in addition to Apollo's headers or in their place. */
  readonly respond?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A client of `app.ts`, which runs in another process. */
export class Client {
  readonly #transport: ReturnType<typeof overSockets>;
  readonly #host: string;

  constructor({ url }: Pick<Server, 'url'>) {
    this.#host = new URL(url).host;
    this.#transport = overSockets(url);
  }

  async send(message: Message): Promise<ReceivedResponse> {
    return await this.#transport.send(message);
  }

  message(query: string, { path = '/graphql', headers = {}, respond, parameters = {} }: Options): Message {
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
    return await this.send(this.message(query, options));
  }

  /** Sends a body by QUERY. */
  async query(body: string, { path = '/graphql', headers = {}, respond }: Options = {}): Promise<ReceivedResponse> {
    return await this.send({
      method: 'QUERY',
      target: path,
      headers: {
        'content-type': 'application/json',
        ...(respond && { 'x-headers': JSON.stringify(Object.entries(respond)) }),
        ...headers,
      },
      body,
    });
  }

  /** Sends a request, and leaves the connection open. */
  async open(query: string, options: Options = {}): Promise<Socket> {
    const { target, headers = {} } = this.message(query, options);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    return await this.#transport.open(`GET ${target} HTTP/1.1\r\nHost: ${this.#host}\r\n${lines.join('\r\n')}\r\n\r\n`);
  }

  async #run(command: string, ...args: unknown[]): Promise<unknown> {
    const response = await this.send({ method: 'POST', target: `/${command}`, body: JSON.stringify(args) });
    if (response.status !== 200) throw new Error(`${command}: ${response.status} ${response.text}`);
    return response.json;
  }

  /** Returns how often resolvers were called with this argument `name`. */
  async calls(name: string): Promise<number> {
    return (await this.#run('calls', name)) as number;
  }

  /** Sends requests while resolvers wait. The resolvers continue when all requests have arrived. */
  async during<T>(requests: number, send: () => T): Promise<T> {
    const before = await this.arrived();
    await this.hold(true);
    try {
      const sent = send();
      await this.arrival(before + requests);
      return sent;
    } finally {
      await this.hold(false);
    }
  }

  async hold(value: boolean): Promise<void> {
    await this.#run('hold', value);
  }

  /**
   * Waits until this total of requests has arrived. Each of them has then checked whether another request already
   * produces its response.
   */
  async arrival(total: number): Promise<void> {
    await vi.waitUntil(async () => (await this.arrived()) >= total, { timeout: 10_000 });
    await this.#run('digest');
  }

  async arrived(): Promise<number> {
    return (await this.#run('arrived')) as number;
  }

  /** Returns how many clients of a target have disconnected. */
  async departed(target: string): Promise<number> {
    return (await this.#run('departed', target)) as number;
  }

  /** Sets how far the clock of the server is ahead of real time, in seconds. */
  async setClock(seconds: number): Promise<void> {
    await this.#run('setClock', seconds * 1000);
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#run('setFault', fault);
  }
}

/** Returns a name that no other case uses. */
export function fresh(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
