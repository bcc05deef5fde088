import { checkNumber } from './core/limits.ts';
import { logSafely } from './core/log.ts';
import type { FetchHandler } from './core/options.ts';
import { checkHeaderNames } from './shared/header-names.ts';
import { writeHeaders } from './shared/headers.ts';

/**
 * The origins whose pages may call the handler:
 *
 * - `'*'`: any origin, without credentials;
 * - an origin or a list of them, as browsers send them: `https://example.com`, without a slash at the end;
 * - a RegExp, which must match the whole origin;
 * - a function that receives the origin, the request and the platform's arguments, and returns whether the origin may
 *   call. If it throws, the origin may not call.
 */
export type CorsOrigin<Platform extends unknown[], TRequest extends Request = Request> =
  | string
  | readonly string[]
  | RegExp
  | ((origin: string, request: TRequest, ...platform: Platform) => boolean | Promise<boolean>);

/** Options of `cors`. */
export interface CorsOptions<Platform extends unknown[], TRequest extends Request = Request> {
  readonly origin: CorsOrigin<Platform, TRequest>;
  /** Lets a page send cookies and read the response to them. Default `false`. Not allowed with the origin `'*'`. */
  readonly credentials?: boolean;
  /** The request headers that a page may set. Default: those that it asks for. */
  readonly allowedHeaders?: readonly string[];
  /** The response headers that a page may read, in addition to those that CORS always allows. Default none. */
  readonly exposedHeaders?: readonly string[];
  /** How long a browser may remember a preflight, in seconds. Default 7200, the most that Chromium allows. */
  readonly maxAge?: number;
  /** Lets a page of a public network call a server in a private one. Default `false`. */
  readonly privateNetwork?: boolean;
}

/**
 * Lets pages of other origins call a handler. Without this wrapper none can. It responds to preflights itself. Every
 * other response, including errors and streams, gets the headers that allow the page to read it.
 *
 * CORS tells browsers which pages may read a response. It does not keep a request from being executed. Apollo's CSRF
 * prevention does, so leave it on.
 *
 * @throws TypeError for credentials with the origin `'*'`, which no browser accepts, for a malformed origin, and for
 * lists that hold anything but names of headers.
 * @throws RangeError if `maxAge` is not a number of seconds from 0 up.
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
export function cors<Platform extends unknown[], TRequest extends Request = Request>(
  // The first overload, so that a handler that ignores the platform's arguments takes their types from `origin`.
  handler: FetchHandler<[], TRequest>,
  options: CorsOptions<Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
export function cors<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  options: CorsOptions<Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
export function cors<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  options: CorsOptions<Platform, TRequest>,
): FetchHandler<Platform, TRequest> {
  const { origin, credentials = false, allowedHeaders, exposedHeaders = [], maxAge = 7200 } = options;
  const isOpenToAll = origin === '*';
  if (isOpenToAll && credentials) {
    throw new TypeError("Credentials need named origins: no browser accepts them with the origin '*'.");
  }
  checkHeaderNames('exposedHeaders', exposedHeaders);
  if (allowedHeaders !== undefined) checkHeaderNames('allowedHeaders', allowedHeaders);
  // The limit of https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2.
  checkNumber('maxAge', maxAge, 0, 2 ** 31);
  const mayCall = isOpenToAll ? () => true : originMatcher(origin);

  /** Writes the headers that preflights and other responses share, and returns whether the page may call. */
  async function allowOrigin(headers: Headers, request: TRequest, platform: Platform): Promise<boolean> {
    if (isOpenToAll) {
      headers.set('access-control-allow-origin', '*');
      return true;
    }
    // A request without an origin gets this too, because a cache may serve its response to a page that has one.
    headers.append('vary', 'Origin');
    const caller = request.headers.get('origin');
    if (caller === null || !(await mayCall(caller, request, ...platform))) return false;
    headers.set('access-control-allow-origin', caller);
    if (credentials) headers.set('access-control-allow-credentials', 'true');
    return true;
  }

  async function respondToPreflight(request: TRequest, platform: Platform): Promise<Response> {
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
    if (isPreflight) return await respondToPreflight(request, platform);

    const original = await handler(request, ...platform);
    // The headers of a network error cannot be written, and no page can read it anyway.
    if (original.type === 'error') return original;
    const response = writeHeaders(original, (headers) => {
      // Only the options decide who may read the response.
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

type OriginMatcher<Platform extends unknown[], TRequest extends Request> = Extract<
  CorsOrigin<Platform, TRequest>,
  (...args: never) => unknown
>;

function originMatcher<Platform extends unknown[], TRequest extends Request>(
  origin: CorsOrigin<Platform, TRequest>,
): OriginMatcher<Platform, TRequest> {
  if (typeof origin === 'function') {
    return async (...args) => {
      try {
        return await origin(...args);
      } catch (error) {
        logSafely(() => console.error(error));
        return false;
      }
    };
  }
  if (origin instanceof RegExp) {
    // With one of these flags, a RegExp remembers where it stopped, and would refuse every second request.
    const whole = new RegExp(`^(?:${origin.source})$`, origin.flags.replace(/[gy]/g, ''));
    return (caller, _request, ..._platform) => whole.test(caller);
  }
  const origins = new Set(typeof origin === 'string' ? [origin] : origin);
  for (const text of origins) {
    if (!isOrigin(text)) throw new TypeError(`Not an origin as browsers send it, https://example.com: ${text}`);
  }
  return (caller, _request, ..._platform) => origins.has(caller);
}

/** Whether a text is an origin. A pattern is not, and neither is `null`, the origin of every sandboxed page. */
function isOrigin(text: string): boolean {
  if (text.includes('*') || !URL.canParse(text)) return false;
  const { origin, href } = new URL(text);
  // With a scheme that the URL standard does not know, such as an app's own, `origin` is `null`. Then `href` counts.
  return text === (origin === 'null' ? href : origin);
}
