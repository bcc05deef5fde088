import { writeHeaders } from './core/headers.ts';
import type { FetchHandler } from './core/options.ts';

/**
 * The origins that may call:
 *
 * - `'*'`: any, without credentials;
 * - an origin or a list of them, as browsers send them: `https://example.com`, no slash at the end;
 * - a RegExp, which must match a whole origin: a part of it says nothing about who is calling;
 * - a function of the origin, the request and what the platform passed after it. If it throws, the origin may not call.
 */
export type CorsOrigin<Platform extends unknown[]> =
  | string
  | readonly string[]
  | RegExp
  | ((origin: string, request: Request, ...platform: Platform) => boolean | Promise<boolean>);

/** Options of `cors`. */
export interface CorsOptions<Platform extends unknown[]> {
  readonly origin: CorsOrigin<Platform>;
  /** Lets a page send cookies and read what comes back. Default `false`. Not with the origin `'*'`. */
  readonly credentials?: boolean;
  /** The request headers a page may set. Default: those it asks for. */
  readonly allowedHeaders?: readonly string[];
  /** The response headers a page may read, beyond the few that it always may. */
  readonly exposedHeaders?: readonly string[];
  /** For how many seconds a browser may remember a preflight. Default 7200, the most that Chromium does. */
  readonly maxAge?: number;
  /** Lets a page of a public network call into a private one. Default `false`. */
  readonly privateNetwork?: boolean;
}

/**
 * Lets pages of other origins call a handler: without this wrapper none can. Preflights are answered here and never
 * reach Apollo; every other answer, be it an error or a stream, gets the headers that its page needs to read it.
 *
 * CORS tells browsers which pages may read an answer. It keeps no request from being executed: that is what Apollo's
 * CSRF prevention is for, so leave it on.
 *
 * @throws TypeError for credentials with the origin `'*'`, which no browser accepts, and for an origin that is none.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { cors } from 'apollo-server-integration-fetch/cors';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * export default {
 *   fetch: cors(createFetchHandler(server), {
 *     origin: ['https://example.com', 'https://studio.apollographql.com'],
 *     credentials: true,
 *   }),
 * };
 * ```
 */
export function cors<Platform extends unknown[]>(
  handler: FetchHandler<[]>,
  options: CorsOptions<Platform>,
): FetchHandler<Platform>;
export function cors<Platform extends unknown[]>(
  handler: FetchHandler<Platform>,
  options: CorsOptions<Platform>,
): FetchHandler<Platform>;
export function cors<Platform extends unknown[]>(
  handler: FetchHandler<Platform>,
  options: CorsOptions<Platform>,
): FetchHandler<Platform> {
  const { origin, credentials = false, allowedHeaders, exposedHeaders = [], maxAge = 7200 } = options;
  const isOpenToAll = origin === '*';
  if (isOpenToAll && credentials) {
    throw new TypeError("Credentials need named origins: no browser accepts them with the origin '*'.");
  }
  const mayCall = isOpenToAll ? () => true : originMatcher(origin);

  /** Writes what preflights and answers have in common, and says whether the page may call. */
  async function allowOrigin(headers: Headers, request: Request, platform: Platform): Promise<boolean> {
    if (isOpenToAll) {
      headers.set('access-control-allow-origin', '*');
      return true;
    }
    // Also where there is no origin to answer to: a cache may keep this answer for a page that has one.
    headers.append('vary', 'Origin');
    const caller = request.headers.get('origin');
    if (caller === null || !(await mayCall(caller, request, ...platform))) return false;
    headers.set('access-control-allow-origin', caller);
    if (credentials) headers.set('access-control-allow-credentials', 'true');
    return true;
  }

  async function answerPreflight(request: Request, platform: Platform): Promise<Response> {
    const headers = new Headers();
    const isAllowed = await allowOrigin(headers, request, platform);
    if (allowedHeaders === undefined) headers.append('vary', 'Access-Control-Request-Headers');
    if (options.privateNetwork) headers.append('vary', 'Access-Control-Request-Private-Network');
    if (isAllowed) {
      const names = allowedHeaders?.join(', ') ?? request.headers.get('access-control-request-headers');
      if (names) headers.set('access-control-allow-headers', names);
      headers.set('access-control-allow-methods', 'GET, POST');
      headers.set('access-control-max-age', String(maxAge));
      if (options.privateNetwork && request.headers.get('access-control-request-private-network') === 'true') {
        headers.set('access-control-allow-private-network', 'true');
      }
    }
    return new Response(null, { status: 204, headers });
  }

  return async function corsHandler(request, ...platform) {
    const isPreflight =
      request.method.toUpperCase() === 'OPTIONS' && request.headers.has('access-control-request-method');
    if (isPreflight) return await answerPreflight(request, platform);

    const answer = await handler(request, ...platform);
    // A network error: there is nothing to read, and nothing that could be written on.
    if (answer.type === 'error') return answer;
    const response = writeHeaders(answer, (headers) => {
      // Who may read an answer is said here, and nowhere else.
      for (const name of ['allow-origin', 'allow-credentials', 'expose-headers'])
        headers.delete(`access-control-${name}`);
    });
    const isAllowed = await allowOrigin(response.headers, request, platform);
    if (isAllowed && exposedHeaders.length > 0) {
      response.headers.set('access-control-expose-headers', exposedHeaders.join(', '));
    }
    return response;
  };
}

type OriginMatcher<Platform extends unknown[]> = Extract<CorsOrigin<Platform>, (...args: never) => unknown>;

function originMatcher<Platform extends unknown[]>(origin: CorsOrigin<Platform>): OriginMatcher<Platform> {
  if (typeof origin === 'function') {
    return async (...args) => {
      try {
        return await origin(...args);
      } catch (error) {
        console.error(error);
        return false;
      }
    };
  }
  if (origin instanceof RegExp) {
    // A RegExp with one of these flags remembers where it stopped, and would refuse every other caller.
    const whole = new RegExp(`^(?:${origin.source})$`, origin.flags.replace(/[gy]/g, ''));
    return (caller, _request, ..._platform) => whole.test(caller);
  }
  const origins = new Set(typeof origin === 'string' ? [origin] : origin);
  for (const text of origins) {
    if (!isOrigin(text)) throw new TypeError(`Not an origin as browsers send it, https://example.com: ${text}`);
  }
  return (caller, _request, ..._platform) => origins.has(caller);
}

/** Neither a pattern nor `null`: that is the origin of every sandboxed page, whoever wrote it. */
function isOrigin(text: string): boolean {
  if (text.includes('*') || !URL.canParse(text)) return false;
  const { origin, href } = new URL(text);
  // The origin of a scheme that the standard does not know, such as an app's own, has no form but the URL itself.
  return text === (origin === 'null' ? href : origin);
}
