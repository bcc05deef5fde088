import { hosts } from './hosts.ts';

/** Vitest runs this before the suites. */
export async function setup(): Promise<void> {
  for (const { prepare } of hosts) await prepare?.();
}
