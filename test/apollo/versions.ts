import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Target } from './targets.ts';

/** What a target is made of, by the versions that are installed. */
export interface Versions {
  readonly runtime: string;
  readonly graphql: string;
  readonly server: string;
  readonly suite: string;
}

export function versionsOf({ runtime, graphql }: Target): Versions {
  return {
    runtime: runtime === 'node' ? process.versions.node : installed(runtime),
    graphql: installed(graphql),
    server: installed('@apollo/server'),
    suite: installed('@apollo/server-integration-testsuite'),
  };
}

function installed(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}
