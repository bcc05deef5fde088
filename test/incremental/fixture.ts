import type { Server } from '../../scripts/launch.ts';
import type { Journal } from '../apps/incremental.ts';
import { printedBy } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import type { LaunchOptions } from '../hosts/launch.ts';
import { Call, type CallOptions } from './wire.ts';

/** An `Accept` header for parts in the format of August 2022, and for JSON. */
export const legacyFormat = 'multipart/mixed; deferSpec=20220824, application/json';

/** An `Accept` header for parts in the format of graphql 17, and for JSON. */
export const currentFormat = 'multipart/mixed; incrementalSpec=v0.2, application/json';

/** The application running on a host. */
export interface Fixture {
  readonly server: Server;
  /** Sends one operation. The server keeps one journal per run. */
  graphql(run: string, query: string, options?: CallOptions & { accept?: string; path?: string }): Call;
  /** Sends `{ hello }` on a new connection, and reads the whole response. */
  hello(run: string, path?: string): Promise<void>;
  journal(run: string): Promise<Journal>;
  /** Lets the run's gated fields resolve. */
  open(run: string): Promise<void>;
  /** Stops the server, and returns what it has printed besides its URL. */
  stop(): Promise<string>;
}

export async function startFixture(host: Host, options?: LaunchOptions): Promise<Fixture> {
  const server = await host.launch('incremental', options);
  // If only one path reaches the handler, a header tells the application which of its own paths is meant.
  const { route } = host;
  const urlOf = (path: string) => `${server.url}${route ?? path}`;
  const headersOf = (path: string) => (route === undefined ? {} : { 'x-path': path });
  const get = async (path: string) => await (await fetch(urlOf(path), { headers: headersOf(path) })).json();
  const graphql: Fixture['graphql'] = (
    run,
    query,
    { method = 'POST', accept = legacyFormat, path = '/graphql', headers, ...options } = {},
  ) => {
    const search = method === 'GET' ? `?query=${encodeURIComponent(query)}` : '';
    return new Call(`${urlOf(path)}${search}`, {
      method,
      body: method === 'GET' ? '' : JSON.stringify({ query }),
      ...options,
      headers: {
        accept,
        'accept-encoding': 'gzip, br',
        'apollo-require-preflight': 'true',
        'x-run': run,
        ...headersOf(path),
        ...headers,
      },
    });
  };
  return {
    server,
    graphql,
    async hello(run, path = '/graphql') {
      await graphql(run, '{ hello }', { path, headers: { 'accept-encoding': 'identity' } }).rest();
    },
    journal: (run) => get(`/journal?run=${run}`),
    async open(run) {
      await get(`/open?run=${run}`);
    },
    async stop() {
      await server.stop();
      return printedBy(server, host);
    },
  };
}
