import { createHash } from 'node:crypto';
import type { Server } from '../../scripts/launch.ts';
import type { KeyValueCache } from '../../src/workers-kv.ts';
import type { Fault } from './faults.ts';

/** The response to a GraphQL request, as the client sees it. */
export interface Result {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

/** The cache of `app.ts`, which runs in another process. */
export class RemoteCache implements KeyValueCache {
  readonly #url: string;

  constructor({ url }: Pick<Server, 'url'>) {
    this.#url = url;
  }

  async #run(command: string, ...args: unknown[]) {
    const response = await fetch(`${this.#url}/${command}`, { method: 'POST', body: JSON.stringify(args) });
    if (!response.ok) throw new Error(`${command}: ${response.status} ${await response.text()}`);
    return await response.json();
  }

  async get(key: string): Promise<string | undefined> {
    const [value] = await this.#run('get', key);
    return value;
  }

  async set(key: string, value: string, options?: { ttl?: number | null }): Promise<void> {
    await this.#run('set', key, value, options);
  }

  async delete(key: string): Promise<void> {
    await this.#run('delete', key);
  }

  /** Sets a value with the given number of characters. */
  async fill(key: string, length: number): Promise<void> {
    await this.#run('fill', key, length);
  }

  async length(key: string): Promise<number | null> {
    return await this.#run('length', key);
  }

  async getOften(key: string, count: number): Promise<void> {
    await this.#run('getOften', key, count);
  }

  async setOften(key: string, count: number): Promise<void> {
    await this.#run('setOften', key, count);
  }

  /** Whether the store itself has an entry, expired or not. */
  async isStored(key: string): Promise<boolean> {
    return await this.#run('isStored', key);
  }

  /** Sets how far the clock of the process is ahead of real time, in milliseconds. */
  async setClock(ahead: number): Promise<void> {
    await this.#run('setClock', ahead);
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#run('setFault', fault);
  }

  /** Returns the warnings that were logged since the last call. */
  async warnings(): Promise<string[]> {
    return await this.#run('warnings');
  }

  async graphql(body: object): Promise<Result> {
    return await graphql(this.#url, body);
  }
}

export async function graphql(url: string, body: object): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, contentType: response.headers.get('content-type'), body: await response.json() };
}

/** The extension of an automatic persisted query. */
export function persisted(query: string): { persistedQuery: { version: 1; sha256Hash: string } } {
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  return { persistedQuery: { version: 1, sha256Hash } };
}
