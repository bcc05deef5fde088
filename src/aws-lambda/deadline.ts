import { maxTimerMillis } from '../core/limits.ts';

/** The part of Lambda's context that is used. */
export interface LambdaContext {
  /** Without it there is no deadline. Lambda always passes it, but a unit test may leave it out. */
  getRemainingTimeInMillis?(): number;
}

/**
 * A signal that aborts a little before Lambda ends the invocation.
 *
 * @param reserve How much of the time is kept, in milliseconds. If less than ten seconds remain, the same share of them
 * is kept.
 */
export function startDeadline(
  context: LambdaContext | undefined,
  reserve: number,
): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const remaining = context?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
  const delay = remaining - reserve * Math.min(1, remaining / 10_000);
  // A mock of a context may give a number that no timer takes.
  if (!(delay <= maxTimerMillis)) return { signal: controller.signal, clear() {} };
  const timer = setTimeout(
    () => controller.abort(new DOMException('The function is about to time out.', 'TimeoutError')),
    delay,
  );
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
