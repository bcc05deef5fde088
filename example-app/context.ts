import type { FetchContextFunctionArgument } from 'apollo-server-integration-fetch';

export interface Context {
  readonly visitor: { readonly name: string; readonly visits: number };
  /** Sets the cookies by which the visitor is known the next time. No cache keeps a response with a cookie. */
  remember(): void;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** Who is asking: the name comes from the `x-user` header or the last visit's cookie, the count from a cookie. */
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
