import { fileURLToPath } from 'node:url';
import { launch, type Server } from '../../scripts/launch.ts';
import { createApp } from './app.ts';
import { inProcess, overSockets, type Transport } from './http.ts';

/** A runtime and the way an application is served on it. */
export interface Target {
  /** `gaps.ts` and the results name it. */
  readonly name: string;
  /** Reached without a socket: cases about the wire do not apply. */
  readonly inProcess?: true;
  start(): Promise<{ transport: Transport; stop(): Promise<unknown> }>;
}

function program(name: string): string {
  return fileURLToPath(new URL(`servers/${name}`, import.meta.url));
}

function served(name: string, launchServer: () => Promise<Server>): Target {
  return {
    name,
    async start() {
      const server = await launchServer();
      return { transport: overSockets(server.url), stop: () => server.stop() };
    },
  };
}

export const targets: readonly Target[] = [
  {
    name: 'in process',
    inProcess: true,
    async start() {
      return { transport: inProcess(createApp()), async stop() {} };
    },
  },
  served('Node, @whatwg-node/server', () => launch('node', program('node.ts'))),
  served('Node, @whatwg-node/server, own classes', () => launch('node', program('node-own.ts'))),
  served('Node, @whatwg-node/server, native classes', () => launch('node', program('node-native.ts'))),
  served('Deno', () => launch('deno', program('deno.ts'))),
  served('Bun', () => launch('bun', program('bun.ts'))),
  served('workerd', () => launch('workerd', program('wrangler.toml'))),
];
