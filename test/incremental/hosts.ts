import process from 'node:process';
import { launch, launchCommand, type RuntimeName, type Server } from '../../scripts/launch.ts';
import type { Journal } from './app.ts';
import { Call, type CallOptions } from './wire.ts';

/** What a client lists that takes parts in the format of August 2022, and JSON for everything else. */
export const legacyFormat = 'multipart/mixed; deferSpec=20220824, application/json';

/** The same for the format that graphql 17 is to have. */
export const currentFormat = 'multipart/mixed; incrementalSpec=v0.2, application/json';

export interface Host {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly program: string;
  /** A FIN is noticed only when something is written after it. */
  readonly noticesFinLate?: true;
  /** A client is missed only when something is written, if its body came later than its headers. */
  readonly missesAfterLateBody?: true;
  /** What it prints besides its URL, once, whatever a program does. */
  readonly prints?: RegExp;
  /** The package to use in place of `graphql`; on Node. */
  readonly graphql?: string;
}

export const hosts: readonly Host[] = [
  { name: 'Node, @whatwg-node/server', runtime: 'node', program: 'whatwg.ts' },
  { name: 'Node, @whatwg-node/server with its own Response', runtime: 'node', program: 'whatwg-own.ts' },
  { name: 'Node, srvx', runtime: 'node', program: 'srvx.ts' },
  { name: 'Node, @hono/node-server', runtime: 'node', program: 'hono.ts' },
  {
    name: 'Deno',
    runtime: 'deno',
    program: 'deno.ts',
    missesAfterLateBody: true,
    // Printed when anything has looked at a request's signal; gone with `--unstable-no-legacy-abort`.
    prints: /^Deno\.serve: request\.signal aborts on successful responses \(legacy behavior\)\..*$/m,
  },
  { name: 'Bun', runtime: 'bun', program: 'bun.ts' },
  // KJ does not read from a connection while it has a request to answer.
  { name: 'workerd', runtime: 'node', program: 'workerd.ts', noticesFinLate: true },
];

/** Workers as they are developed: workerd behind the proxies of wrangler, which compress, and hide who has left. */
export const wrangler: Host = { name: 'wrangler', runtime: 'workerd', program: 'wrangler.toml' };

/** Node with another version of graphql. */
export const withGraphQL = (version: string): Host => ({
  name: version,
  runtime: 'node',
  program: 'whatwg.ts',
  graphql: version,
});

/** The fixture running on a host. */
export interface Fixture {
  readonly server: Server;
  /** One call of one run. */
  graphql(run: string, query: string, options?: CallOptions & { accept?: string }): Call;
  journal(run: string): Promise<Journal>;
  /** Lets the run's gated fields resolve. */
  open(run: string): Promise<void>;
  /** Ends the server, and returns what it has printed besides its URL. */
  stop(): Promise<string>;
}

async function start({ runtime, program, graphql }: Host): Promise<Server> {
  const servers = 'test/incremental/servers';
  if (graphql === undefined) return await launch(runtime, `${servers}/${program}`);
  const command = [process.execPath, '--import', `./${servers}/alias-graphql.ts`, `${servers}/${program}`];
  return await launchCommand(command, { GRAPHQL: graphql });
}

export async function startFixture(host: Host): Promise<Fixture> {
  const server = await start(host);
  const get = async (path: string) => await (await fetch(`${server.url}${path}`)).json();
  return {
    server,
    graphql(run, query, { method = 'POST', accept = legacyFormat, headers, ...options } = {}) {
      const search = method === 'GET' ? `?query=${encodeURIComponent(query)}` : '';
      return new Call(`${server.url}/graphql${search}`, {
        method,
        body: method === 'GET' ? '' : JSON.stringify({ query }),
        ...options,
        headers: {
          accept,
          'accept-encoding': 'gzip, br',
          'apollo-require-preflight': 'true',
          'x-run': run,
          ...headers,
        },
      });
    },
    journal: (run) => get(`/journal?${run}`),
    async open(run) {
      await get(`/open?${run}`);
    },
    async stop() {
      await server.stop();
      return server
        .output()
        .replace(/^(Listening on )?http:\/\/[\d.:]+\/?$/gm, '')
        .replace(host.prints ?? '', '')
        .trim();
    },
  };
}
