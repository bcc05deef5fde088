import process from 'node:process';
import type { FetchHandler } from '../../src/index.ts';
import { loadApp } from '../apps/index.ts';

export interface Listener {
  readonly url: string;
  /** Stops accepting connections, and resolves when the last request has its response. */
  close(): Promise<void>;
}

/** Serves a handler on any free port of 127.0.0.1. */
export type Serve = (handler: FetchHandler<unknown[]>) => Listener | Promise<Listener>;

/** Serves the application that the environment names (`APP=incremental node test/hosts/node.ts`), and prints the URL. */
export async function serveApp(serve: Serve): Promise<void> {
  const createApp = await loadApp(process.env.APP);
  const handler = createApp({ close: () => listener.close() });
  const listener = await serve(handler);
  console.log(listener.url);
}
