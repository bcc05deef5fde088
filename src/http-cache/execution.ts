import { writeHeaders } from '../shared/headers.ts';
import { type CreateSignal, replaceSignal } from '../shared/signal.ts';
import { makePrivate } from './policy.ts';

/** A response in the making. */
export interface Execution {
  readonly response: Response;
  /** Whether the response may be cut off, because its signal was aborted while it was made. */
  isAborted(): boolean;
}

/**
 * Executes a request with its own signal, or with another one. A resolver may end early and without an error when its
 * signal is aborted. So no cache on the way to the client may keep a response that was made under an aborted signal.
 */
export async function execute(
  request: Request,
  handle: () => Promise<Response>,
  createSignal: CreateSignal = (own) => own(),
): Promise<Execution> {
  let isSignalUsed = false;
  replaceSignal(request, (own) => {
    isSignalUsed = true;
    return createSignal(own);
  });
  // This reads the signal only if the handler has read it, because that makes Deno print a warning. It reads the
  // request's property, because a wrapper inside may have replaced the signal.
  const isAborted = () => isSignalUsed && request.signal?.aborted;
  const response = await handle();
  return { response: isAborted() ? writeHeaders(response, forbidStoring) : response, isAborted };
}

function forbidStoring(headers: Headers): void {
  makePrivate(headers);
  headers.set('cache-control', 'no-store');
}
