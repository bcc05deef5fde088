import type { BaseContext, ContextFunction } from '@apollo/server';
import type { FetchContextFunctionArgument } from '../core/options.ts';

/**
 * What `FetchDriver` passes to the context function. Without a context function, it is the context value:
 * `@Context('signal') signal: AbortSignal`, `@Context('responseHeaders') headers: Headers`.
 */
export interface FetchDriverContext extends FetchContextFunctionArgument {
  /**
   * The request of Express or Fastify, with the parsed `body`. Without a server, it is an object with `method`, `url`,
   * `headers` and `body`, which is what guards and Passport read.
   */
  readonly req: unknown;
  /** The response of Express or the reply of Fastify. `undefined` without a server. */
  readonly res: unknown;
}

/** A context function, or an object that each request gets a copy of. */
export type DriverContext<TContext extends BaseContext> =
  | TContext
  // The type of a method lets an application name the types of `req` and `res`, which depend on its adapter.
  | { create(argument: FetchDriverContext, ...platform: unknown[]): Promise<TContext> | TContext }['create'];

/** Returns a context function whose values all have a `req`. */
export function withRequest(
  context: DriverContext<BaseContext> | undefined,
): ContextFunction<[argument: FetchContextFunctionArgument, ...platform: unknown[]], BaseContext> {
  return async (argument, ...platform) => {
    const { request, body } = argument;
    const { req = toNodeLike(request), res }: { req?: { body?: unknown }; res?: unknown } = Object(platform[0]);
    req.body ??= body;
    if (context === undefined) return new DefaultContext(argument, req, res);
    const value: unknown =
      typeof context === 'function' ? await context(Object.assign(argument, { req, res }), ...platform) : context;
    return hasRequest(value) ? value : copyWith(Object(value), { req });
  };
}

const source = Symbol('argument');

/** Apollo copies the value but not its prototype, so no `signal` is made that no resolver asks for. */
class DefaultContext implements FetchDriverContext {
  readonly [source]: FetchContextFunctionArgument;
  readonly req: unknown;
  readonly res: unknown;

  constructor(argument: FetchContextFunctionArgument, req: unknown, res: unknown) {
    this[source] = argument;
    this.req = req;
    this.res = res;
  }

  get request(): Request {
    return this[source].request;
  }

  get responseHeaders(): Headers {
    return this[source].responseHeaders;
  }

  get signal(): AbortSignal {
    return this[source].signal;
  }

  get body(): unknown {
    return this[source].body;
  }
}

function toNodeLike({ method, url, headers }: Request): { body?: unknown } {
  return { method, url, headers: Object.fromEntries(headers) } as { body?: unknown };
}

function hasRequest(value: unknown): value is BaseContext {
  return typeof (value as { req?: unknown } | null | undefined)?.req === 'object';
}

/** Keeps the methods of a class. An object that requests share must not get the `req` of one of them. */
function copyWith(value: object, properties: object): BaseContext {
  return Object.assign(Object.create(Object.getPrototypeOf(value)), value, properties);
}
