import { logSafely } from '../core/log.ts';

/** Reports what the cache failed to do. */
export function warn(action: string, reason: unknown): void {
  logSafely(() => console.warn(`The HTTP cache failed to ${action} an entry. ${reason}`));
}
