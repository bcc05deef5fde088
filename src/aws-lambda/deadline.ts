/** The part of Lambda's context that is used. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** How much time is kept for sending the response, in milliseconds. If little time remains, a tenth of it is kept. */
const RESERVE = 1000;

/** A signal that aborts a little before Lambda ends the invocation. */
export function startDeadline(context: LambdaContext): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const remaining = context.getRemainingTimeInMillis();
  const timer = setTimeout(
    () => controller.abort(new DOMException('The function is about to time out.', 'TimeoutError')),
    remaining - Math.min(RESERVE, remaining / 10),
  );
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
