import type { FetchHandler } from '../../src/index.ts';

/** The options that a host passes to an application. */
export interface AppOptions {
  /** Stops the host from accepting connections. Resolves when the last request has its response. */
  readonly close?: () => Promise<void>;
}

export type CreateApp = (options?: AppOptions) => FetchHandler<unknown[]>;

/** The imports are literal, so that a bundler finds them and Deno needs no permission for them. */
const apps = {
  compression: () => import('./compression.ts'),
  conformance: () => import('./conformance.ts'),
  deadline: () => import('./deadline.ts'),
  drain: () => import('./drain.ts'),
  'front-door': () => import('./front-door.ts'),
  incremental: () => import('./incremental.ts'),
  observe: () => import('./observe.ts'),
  ready: () => import('./ready.ts'),
  'slow-start': () => import('./slow-start.ts'),
  subscriptions: () => import('./subscriptions.ts'),
  uploads: () => import('./uploads.ts'),
} satisfies Record<string, () => Promise<{ createApp: CreateApp }>>;

export type AppName = keyof typeof apps;

const isAppName = (name: string): name is AppName => Object.hasOwn(apps, name);

export async function loadApp(name = ''): Promise<CreateApp> {
  if (!isAppName(name)) throw new Error(`APP must be one of ${Object.keys(apps).join(', ')}.`);
  const { createApp } = await apps[name]();
  return createApp;
}
