/** The part that is used of the context that Lambda passes to a function. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** The most time that is kept to send what there is, in milliseconds. Of a short time-out it is a tenth. */
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
