import { launch, type RuntimeName, type Server } from '../../scripts/launch.ts';
import type { Journal } from './app.ts';
import { Call, type CallOptions } from './wire.ts';

/** What a client lists that takes parts in the format of August 2022, and JSON for everything else. */
export const legacyFormat = 'multipart/mixed; deferSpec=20220824, application/json';

/** The same for the format that graphql 17 is to have. */
export const currentFormat = 'multipart/mixed; incrementalSpec=v0.2, application/json';

const servers = 'test/incremental/servers';

export interface Host {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ways to leave that are noticed only when something is written. */
  readonly noticesLate?: readonly ('FIN' | 'RST')[];
  /** Any way to leave is noticed only then, if the body came later than its headers or is longer than some 500 bytes. */
  readonly noticesLateAfterLateBody?: true;
  /**
   * It drops an answer for which there is no client any more, without a word: it neither reads nor cancels it.
   * Before the compatibility date 2026-11-17 a Worker needs `enable_request_signal`.
   */
  readonly forgetsBeforeFirstPart?: true;
  /** It takes `content-encoding: identity` off an answer. */
  readonly dropsIdentity?: true;
  /** What it prints besides its URL, once, whatever a program does. */
  readonly prints?: RegExp;
}

export const hosts: readonly Host[] = [
  { name: 'Node, ./node', runtime: 'node', program: 'node.ts' },
  { name: 'Node, @whatwg-node/server', runtime: 'node', program: 'whatwg.ts' },
  { name: 'Node, @whatwg-node/server with the global Response', runtime: 'node', program: 'whatwg-global.ts' },
  { name: 'Node, srvx', runtime: 'node', program: 'srvx.ts' },
  { name: 'Node, @hono/node-server', runtime: 'node', program: 'hono.ts' },
  {
    name: 'Deno',
    runtime: 'deno',
    program: 'deno.ts',
    noticesLateAfterLateBody: true,
    // Printed when anything has looked at a request's signal.
    prints: /^Deno\.serve: request\.signal aborts on successful responses \(legacy behavior\)\..*$/m,
  },
  {
    name: 'Deno, "unstable": ["no-legacy-abort"]',
    runtime: 'deno',
    program: 'deno-no-legacy-abort/main.ts',
    noticesLateAfterLateBody: true,
  },
  { name: 'Bun', runtime: 'bun', program: 'bun.ts' },
  // KJ does not read from a connection while it has a request to answer: a FIN goes unnoticed.
  { name: 'workerd', runtime: 'node', program: 'workerd.ts', noticesLate: ['FIN'] },
  {
    name: 'workerd without enable_request_signal',
    runtime: 'node',
    program: 'workerd.ts',
    env: { COMPATIBILITY_FLAGS: '' },
    noticesLate: ['FIN', 'RST'],
    noticesLateAfterLateBody: true,
    forgetsBeforeFirstPart: true,
  },
];

/** Takes a while: it is built first. */
export const next: Host = {
  name: 'Next.js',
  runtime: 'node',
  program: 'next.ts',
  dropsIdentity: true,
  prints: /^▲ Next\.js.*? took \d+ms$/ms,
};

/** Workers as they are developed: workerd behind the proxies of wrangler, which compress, and hide who has left. */
export const wrangler: Host = { name: 'wrangler', runtime: 'workerd', program: 'wrangler.toml' };

/** Node with another package in place of `graphql`. */
export const withGraphQL = (name: string): Host => ({
  name,
  runtime: 'node',
  program: 'whatwg.ts',
  env: { NODE_OPTIONS: `--import ./${servers}/alias-graphql.ts`, GRAPHQL: name },
});

/** The same on the other runtimes, whose server is bundled for that. */
export const othersWithGraphQL = (name: string): readonly Host[] => [
  ...hosts
    .filter(({ program }) => program === 'deno.ts' || program === 'bun.ts')
    .map(
      (host): Host => ({
        ...host,
        name: `${host.name}, ${name}`,
        runtime: 'node',
        program: 'bundled.ts',
        env: { RUNTIME: host.runtime, GRAPHQL: name },
      }),
    ),
  { name: `workerd, ${name}`, runtime: 'node', program: 'workerd.ts', env: { GRAPHQL: name } },
];

/** Of a poll of another process, on a busy machine. */
export const patient = { timeout: 5_000, interval: 20 };

/** The fixture running on a host. */
export interface Fixture {
  readonly server: Server;
  /** One call of one run. */
  graphql(run: string, query: string, options?: CallOptions & { accept?: string; path?: string }): Call;
  journal(run: string): Promise<Journal>;
  /** Lets the run's gated fields resolve. */
  open(run: string): Promise<void>;
  /** Ends the server, and returns what it has printed besides its URL. */
  stop(): Promise<string>;
}

export async function startFixture(host: Host): Promise<Fixture> {
  const server = await launch(host.runtime, `${servers}/${host.program}`, host.env);
  const get = async (path: string) => await (await fetch(`${server.url}${path}`)).json();
  return {
    server,
    graphql(run, query, { method = 'POST', accept = legacyFormat, path = '/graphql', headers, ...options } = {}) {
      const search = method === 'GET' ? `?query=${encodeURIComponent(query)}` : '';
      return new Call(`${server.url}${path}${search}`, {
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
    journal: (run) => get(`/journal?run=${run}`),
    async open(run) {
      await get(`/open?run=${run}`);
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
