import process from 'node:process';
import { commands } from '../../scripts/launch.ts';
import {
  addsCharset,
  compressionGaps,
  endsBeforeItIsSent,
  endsHalfSentRequests,
  nextGaps,
  readsBodyTwice,
  readsHeadersAsUTF8,
  waitsForReaders,
  wranglerGaps,
  writesHeadersAsUTF8,
} from './gaps.ts';
import type { Host } from './host.ts';
import { buildNext, otherNode, served, startNext, workerd, wrangler } from './launch.ts';
import { projectHosts } from './projects/index.ts';
import { newestDate } from './workerd.ts';

interface NodeServer extends Pick<Host, 'id' | 'name' | 'platform' | 'gaps'> {
  readonly file: string;
  readonly everyday?: boolean;
}

/** The ways to serve on Node. Each of them becomes one host per version of Node. */
const nodeServers: readonly NodeServer[] = [
  { id: 'node', name: './node', file: 'node.ts', platform: 'req' },
  {
    id: 'hono',
    name: '@hono/node-server',
    file: 'hono.ts',
    platform: 'incoming',
    gaps: [writesHeadersAsUTF8, endsBeforeItIsSent],
  },
  {
    id: 'whatwg',
    name: '@whatwg-node/server',
    file: 'whatwg.ts',
    platform: 'req',
    gaps: [readsBodyTwice, writesHeadersAsUTF8, waitsForReaders],
  },
  {
    id: 'whatwg-global',
    name: '@whatwg-node/server, global Response',
    file: 'whatwg-global.ts',
    everyday: false,
    platform: 'req',
    gaps: [readsBodyTwice, waitsForReaders],
  },
  {
    id: 'whatwg-native',
    name: '@whatwg-node/server, native classes',
    file: 'whatwg-native.ts',
    everyday: false,
    platform: 'req',
    gaps: [readsBodyTwice, waitsForReaders],
  },
  { id: 'srvx', name: 'srvx', file: 'srvx.ts' },
  {
    id: 'srvx-to-request',
    name: 'srvx, its FastResponse and toRequest',
    file: 'srvx-to-request.ts',
    everyday: false,
    gaps: [writesHeadersAsUTF8, endsBeforeItIsSent],
  },
];

const compressed: NodeServer = {
  id: 'whatwg-compressed',
  name: '@whatwg-node/server, compressed',
  file: 'whatwg-compressed.ts',
  everyday: false,
  platform: 'req',
  gaps: compressionGaps,
};

function nodeHosts(servers: readonly NodeServer[], version: string): Host[] {
  const [major = ''] = version.split('.');
  const isCurrent = version === process.versions.node;
  const command = isCurrent ? async () => commands.node : otherNode(version);
  return servers.map(({ id, name, file, ...server }) => ({
    ...served({ file, command, isCompiled: major === '20' }),
    everyday: isCurrent,
    ...server,
    id: isCurrent ? id : `${id}-${major}`,
    name: `Node ${major}, ${name}`,
  }));
}

const deno = (...flags: string[]) =>
  ({
    ...served({
      file: 'deno.ts',
      command: async () => (file, env) => commands.deno(file, env).toSpliced(2, 0, ...flags),
      suiteCommand: (file, env) => [...commands.deno(file, env).slice(0, 2), ...flags, '--allow-all', file],
    }),
    platform: 'remoteAddr',
    noticesLateAfterLateBody: true,
    readsSlowly: true,
    gaps: [...endsHalfSentRequests, waitsForReaders],
  }) satisfies Partial<Host>;

const worker = {
  resetsUploads: true,
  takesGraphQL: true,
  platform: 'passThroughOnException',
  // workerd does not read from a connection while it handles a request, so it does not notice a FIN.
  noticesLate: ['FIN'],
  gaps: [readsHeadersAsUTF8, writesHeadersAsUTF8],
} satisfies Partial<Host>;

const ownHosts: readonly Host[] = [
  ...nodeHosts([...nodeServers, compressed], process.versions.node),
  ...(['http/1.1', 'h2'] as const).map(
    (tls): Host => ({
      ...served({ file: 'http2.ts', command: async () => commands.node }),
      id: tls === 'h2' ? 'http2' : 'https',
      name: `Node 24, ./node, secure ${tls === 'h2' ? 'HTTP/2' : 'HTTP/1.1'}`,
      everyday: true,
      platform: 'req',
      tls,
    }),
  ),
  {
    ...deno(),
    id: 'deno',
    name: 'Deno',
    everyday: true,
    // Deno prints this when any code has read a request's signal.
    prints: /^Deno\.serve: request\.signal aborts on successful responses \(legacy behavior\)\..*$/m,
  },
  {
    ...deno('--unstable-no-legacy-abort'),
    id: 'deno-no-legacy-abort',
    name: 'Deno, "unstable": ["no-legacy-abort"]',
    everyday: false,
  },
  {
    ...served({ file: 'bun.ts', command: async () => commands.bun }),
    id: 'bun',
    name: 'Bun',
    everyday: true,
    platform: 'requestIP',
    gaps: [addsCharset, waitsForReaders],
  },
  {
    ...worker,
    id: 'workerd',
    name: 'workerd',
    everyday: true,
    launch: workerd({
      // The oldest compatibility date that the README names.
      compatibilityDate: '2024-09-23',
      compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
    }),
  },
  {
    ...worker,
    id: 'workerd-newest',
    name: `workerd, ${newestDate}`,
    everyday: false,
    launch: workerd({ compatibilityFlags: ['enable_request_signal'] }),
  },
  {
    ...worker,
    id: 'workerd-no-signal',
    name: `workerd, ${newestDate}, without enable_request_signal`,
    everyday: true,
    launch: workerd({ compatibilityFlags: [] }),
    noticesLate: ['FIN', 'RST'],
    noticesLateAfterLateBody: true,
    forgetsBeforeFirstPart: true,
  },
  {
    ...worker,
    id: 'wrangler',
    name: 'wrangler dev',
    // It is workerd behind proxies. The examples and the docs run on it every day.
    everyday: false,
    launch: wrangler({ compatibilityFlags: ['nodejs_compat', 'enable_request_signal'] }),
    hidesBrokenBodies: true,
    hidesDisconnects: true,
    logsRequests: true,
    gaps: wranglerGaps,
  },
  {
    id: 'next',
    name: 'Next.js',
    everyday: true,
    prepare: buildNext,
    launch: startNext,
    platform: 'params',
    // Next.js itself responds to the methods that a route does not export, and to paths that it cannot decode.
    keeps: (method, target) => !/^(GET|HEAD|OPTIONS|POST)$/.test(method) || /^[^?]*%(?![0-7][0-9a-f])/i.test(target),
    prints: /^▲ Next\.js.*? took \d+ms$/ms,
    dropsIdentity: true,
    gaps: nextGaps,
  },
  ...nodeHosts(nodeServers, '20.20.2'),
  ...nodeHosts(nodeServers, '22.23.3'),
  ...nodeHosts(nodeServers, '26.10.0'),
];

export const allHosts: readonly Host[] = [...ownHosts, ...projectHosts];

/** Finds a host by its id. */
export function hostNamed(id: string): Host {
  const host = allHosts.find((host) => host.id === id);
  if (host === undefined) throw new Error(`No host ${id}. There are ${allHosts.map(({ id }) => id).join(', ')}.`);
  return host;
}

const { HOSTS } = process.env;

const groups: Readonly<Record<string, readonly Host[]>> = {
  everyday: ownHosts.filter(({ everyday }) => everyday),
  all: ownHosts,
  projects: projectHosts,
};

/**
 * The selected hosts. `HOSTS=all` selects all hosts except the projects, `HOSTS=projects` selects the projects, and
 * `HOSTS=deno,bun` selects these two. The default is the everyday hosts.
 */
export const hosts: readonly Host[] = groups[HOSTS ?? 'everyday'] ?? HOSTS?.split(',').map(hostNamed) ?? [];
