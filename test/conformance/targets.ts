import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launch, launchCommand, type Server } from '../../scripts/launch.ts';
import { createApp } from './app.ts';
import { inProcess, overSockets, type Transport } from './http.ts';

/** A runtime and the way an application is served on it. */
export interface Target {
  /** `gaps.ts` and the results name it. */
  readonly name: string;
  /** A property by which to know what the runtime passes after the request; left out where it passes nothing. */
  readonly platform?: string;
  /** Reached without a socket: cases about the wire do not apply. */
  readonly inProcess?: true;
  start(): Promise<{ transport: Transport; stop(): Promise<unknown> }>;
}

const run = promisify(execFile);

/** The newest date that the installed workerd knows. */
const { compatibilityDate }: { compatibilityDate: string } = createRequire(import.meta.url)('workerd');

function served(name: string, platform: string | undefined, launchServer: () => Promise<Server>): Target {
  return {
    name,
    ...(platform && { platform }),
    async start() {
      const server = await launchServer();
      return { transport: overSockets(server.url), stop: () => server.stop() };
    },
  };
}

/** The programs in `servers`, by name. */
function program(name: string): string {
  return fileURLToPath(new URL(`servers/${name}`, import.meta.url));
}

/**
 * A version of Node: as our README has it, through @hono/node-server, and through @whatwg-node/server with its own
 * classes, with the native ones, and with a mix.
 */
function bridgedNode(version: string, binary: () => Promise<string>): Target[] {
  const [major = ''] = version.split('.');
  const launchOn = (file: string) => async () => await launchCommand([await binary(), program(file)]);
  return [
    served(`Node ${major}, ./node`, 'req', launchOn('node.ts')),
    served(`Node ${major}, @hono/node-server`, 'incoming', launchOn('node-hono.ts')),
    served(`Node ${major}, @whatwg-node/server`, 'req', launchOn('node-whatwg.ts')),
    served(`Node ${major}, @whatwg-node/server, global Response`, 'req', launchOn('node-whatwg-global.ts')),
    served(`Node ${major}, @whatwg-node/server, native classes`, 'req', launchOn('node-whatwg-native.ts')),
  ];
}

/** Another version of Node: npm keeps it in its cache. */
function otherNode(version: string): Target[] {
  return bridgedNode(version, async () => {
    const { stdout } = await run('npx', ['--yes', '--package', `node@${version}`, 'node', '-p', 'process.execPath']);
    return stdout.trim();
  });
}

function nextStart(): Promise<Server> {
  const next = fileURLToPath(new URL('../../node_modules/next/dist/bin/next', import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };
  return run(process.execPath, [next, 'build', program('next')], { env }).then(() =>
    launchCommand([process.execPath, next, 'start', program('next')], env),
  );
}

const everyday: readonly Target[] = [
  {
    name: 'in process',
    inProcess: true,
    async start() {
      return { transport: inProcess(createApp()), async stop() {} };
    },
  },
  ...bridgedNode(process.versions.node, async () => process.execPath),
  served('Deno', 'remoteAddr', () => launch('deno', program('deno.ts'))),
  served('Bun', 'requestIP', () => launch('bun', program('bun.ts'))),
  served('workerd', 'passThroughOnException', () => launch('node', program('../workerd.ts'))),
];

/** Those that take longer to come up, or that differ little from another. */
const further: readonly Target[] = [
  ...otherNode('22.23.3'),
  ...otherNode('26.10.0'),
  served('Node, srvx', undefined, () => launch('node', program('srvx.ts'))),
  served(`workerd, ${compatibilityDate}`, 'passThroughOnException', () =>
    launch('node', program('../workerd.ts'), { COMPATIBILITY_DATE: compatibilityDate }),
  ),
  served('wrangler dev', 'passThroughOnException', () => launch('workerd', program('wrangler.toml'))),
  served('Next.js', 'params', nextStart),
];

export const allTargets: readonly Target[] = [...everyday, ...further];

const { CONFORMANCE } = process.env;

/** `CONFORMANCE=all` runs every target. */
export const targets: readonly Target[] = CONFORMANCE === 'all' ? allTargets : everyday;
