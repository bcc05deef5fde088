import { fileURLToPath } from 'node:url';
import { launch, type Server } from '../../scripts/launch.ts';
import { createApp } from './app.ts';
import { type Send, sendInProcess, sendOverSocket } from './http.ts';

/** A runtime and the way an application is served on it. */
export interface Target {
  /** `gaps.ts` and the results name it. */
  readonly name: string;
  /** Reached without a socket: cases about the wire do not apply. */
  readonly inProcess?: true;
  start(): Promise<{ send: Send; stop(): Promise<unknown> }>;
}

function program(name: string): string {
  return fileURLToPath(new URL(`servers/${name}`, import.meta.url));
}

function overSocket(name: string, launchServer: () => Promise<Server>): Target {
  return {
    name,
    async start() {
      const server = await launchServer();
      return { send: sendOverSocket(server.url), stop: () => server.stop() };
    },
  };
}

const inProcess: Target = {
  name: 'in process',
  inProcess: true,
  async start() {
    return { send: sendInProcess(createApp()), async stop() {} };
  },
};

export const targets: readonly Target[] = [
  inProcess,
  overSocket('Node, @whatwg-node/server', () => launch('node', program('node.ts'))),
  overSocket('Node, @whatwg-node/server, own classes', () => launch('node', program('node-own.ts'))),
  overSocket('Node, @whatwg-node/server, native classes', () => launch('node', program('node-native.ts'))),
  overSocket('Deno', () => launch('deno', program('deno.ts'))),
  overSocket('Bun', () => launch('bun', program('bun.ts'))),
  overSocket('workerd', () => launch('workerd', program('wrangler.toml'))),
];
