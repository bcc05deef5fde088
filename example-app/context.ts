import type { FetchContextFunctionArgument } from 'apollo-server-integration-fetch';

export interface Context {
  readonly visitor: { readonly name: string; readonly visits: number };
  /** Sets the cookies that identify the visitor on the next visit. No cache keeps a response with a cookie. */
  remember(): void;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/** Identifies the visitor. The name is in the `x-user` header or in a cookie, the number of visits is in a cookie. */
export async function context({ request, responseHeaders, signal }: FetchContextFunctionArgument): Promise<Context> {
  const cookies = cookiesOf(request);
  const visitor = {
    name: request.headers.get('x-user') ?? cookies.get('name') ?? 'a stranger',
    visits: Number.parseInt(cookies.get('visits') ?? '0', 10) + 1 || 1,
  };
  return {
    visitor,
    remember() {
      for (const cookie of [`name=${encodeURIComponent(visitor.name)}`, `visits=${visitor.visits}`]) {
        responseHeaders.append('set-cookie', `${cookie}; Path=/; HttpOnly; SameSite=Lax`);
      }
    },
    signal,
  };
}

function cookiesOf(request: Request): URLSearchParams {
  return new URLSearchParams((request.headers.get('cookie') ?? '').replaceAll(/;\s*/g, '&'));
}
