/**
 * Lets pages of other origins read responses: `import { cors } from 'apollo-server-integration-fetch/cors'`.
 *
 * @module
 */
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
export type CORSOrigin<Platform extends unknown[], TRequest extends Request = Request> =
  | string
  | readonly string[]
  | RegExp
  | ((origin: string, request: TRequest, ...platform: Platform) => boolean | Promise<boolean>);

/** Options of `cors`. */
export interface CORSOptions<Platform extends unknown[], TRequest extends Request = Request> {
  /** The origins whose pages may call the handler. */
  readonly origin: CORSOrigin<Platform, TRequest>;
  /**
   * Lets a page send cookies and read the response to them. Not allowed with the origin `'*'`.
   *
   * @default false
   */
  readonly credentials?: boolean;
  /**
   * The names of the request headers that a page may set.
   *
   * @default those that the page asks for
   */
  readonly allowedHeaders?: readonly string[];
  /**
   * The names of the response headers that a page may read, in addition to those that CORS always allows.
   *
   * @default []
   */
  readonly exposedHeaders?: readonly string[];
  /**
   * How long a browser may remember a preflight, in seconds. Chromium allows no more than the default.
   *
   * @default 7_200
   */
  readonly maxAge?: number;
}

/**
 * Lets pages of other origins call a handler. Without this wrapper none can. It responds to preflights itself. Every
 * other response, including errors and streams, gets the headers that allow the page to read it.
 *
 * CORS tells browsers which pages may read a response. It does not keep a request from being executed. Apollo's CSRF
 * prevention does, so leave it on.
 *
 * @param handler The handler to wrap.
 * @param options Which pages may call it, and what they may send and read.
 * @returns A handler of the same kind.
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
  options: CORSOptions<Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
export function cors<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  options: CORSOptions<Platform, TRequest>,
): FetchHandler<Platform, TRequest>;
export function cors<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  options: CORSOptions<Platform, TRequest>,
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
  const exposed = exposedHeaders.join(', ');

  /** Returns the origin that may call, or `null`. */
  async function allowedOrigin(request: TRequest, platform: Platform): Promise<string | null> {
    if (isOpenToAll) return '*';
    const caller = request.headers.get('origin');
    return caller !== null && (await mayCall(caller, request, ...platform)) ? caller : null;
  }

  /** Writes the headers that preflights and other responses share. Only the options decide who may read a response. */
  function allow(headers: Headers, allowed: string | null): void {
    // A request without an origin gets this too, because a cache may serve its response to a page that has one.
    if (!isOpenToAll) headers.append('vary', 'Origin');
    write(headers, 'access-control-allow-origin', allowed);
    write(headers, 'access-control-allow-credentials', allowed !== null && credentials ? 'true' : null);
  }

  function preflightResponse(request: TRequest, allowed: string | null): Response {
    const headers = new Headers();
    allow(headers, allowed);
    if (allowedHeaders === undefined) headers.append('vary', 'Access-Control-Request-Headers');
    if (allowed !== null) {
      const names = allowedHeaders?.join(', ') ?? request.headers.get('access-control-request-headers');
      if (names) headers.set('access-control-allow-headers', names);
      const isQuery = request.headers.get('access-control-request-method') === 'QUERY';
      headers.set('access-control-allow-methods', isQuery ? 'GET, POST, QUERY' : 'GET, POST');
      headers.set('access-control-max-age', String(maxAge));
    }
    return new Response(null, { status: 204, headers });
  }

  return async function corsHandler(request, ...platform) {
    const allowed = await allowedOrigin(request, platform);
    const isPreflight =
      request.method.toUpperCase() === 'OPTIONS' && request.headers.has('access-control-request-method');
    if (isPreflight) return preflightResponse(request, allowed);
    return writeHeaders(await handler(request, ...platform), (headers) => {
      allow(headers, allowed);
      write(headers, 'access-control-expose-headers', (allowed !== null && exposed) || null);
    });
  };
}

function write(headers: Headers, name: string, value: string | null): void {
  if (value === null) headers.delete(name);
  else headers.set(name, value);
}

type OriginMatcher<Platform extends unknown[], TRequest extends Request> = Extract<
  CORSOrigin<Platform, TRequest>,
  (...args: never) => unknown
>;

function originMatcher<Platform extends unknown[], TRequest extends Request>(
  origin: CORSOrigin<Platform, TRequest>,
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
