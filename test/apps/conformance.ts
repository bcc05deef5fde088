import { ApolloServer, type ApolloServerOptions, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError } from 'graphql';
import { createFetchHandler, type FetchContextFunctionArgument, type FetchHandler } from '../../src/index.ts';
import { statuses } from '../../src/statuses.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { createLogger } from './logger.ts';
import { createTrusted } from './trusted.ts';

/**
 * Creates the application that the conformance suite tests. The first segment of a path names a variant of the server.
 * The second segment names an instance of it. A case that needs an unused server makes up a new name.
 */
export function createApp(): FetchHandler<unknown[]> {
  const handlers = new Map<string, FetchHandler<unknown[]>>();
  return async (request, ...platform) => {
    // On a host with a single route for the handler, a header holds the path of the variant.
    const path = request.headers.get('x-path') ?? request.url;
    const [, variant = '', instance = ''] = routePattern.exec(path) ?? [];
    if (variant === 'has-been-called') return Response.json(handlers.has(`slow-start${instance}`));
    const create = Object.hasOwn(variants, variant) ? variants[variant] : undefined;
    // Otherwise a case with a wrong path could reach a server that gives the expected response.
    if (create === undefined) return new Response(`No variant named ${variant}: ${request.url}`, { status: 404 });
    const handler = handlers.get(variant + instance) ?? create();
    handlers.set(variant + instance, handler);
    return await handler(request, ...platform);
  };
}

/** Replaces `new URL`, because some cases send a target or a `Host` that makes the URL invalid. */
const routePattern = /^[^?#]*?\/([a-z-]+)(\/[0-9a-f]{8}-[0-9a-f-]+)?(?:[?#]|$)/;

/** What a plugin in JavaScript may set as the value of a header. */
type HeaderValue = string | number | null | readonly string[];

/** The instructions of a case to the server, in the request header `x-test`. */
export interface Directions {
  /** How the context function fails. */
  readonly contextThrows?: 'error' | 'graphql-error' | 'string' | 'synchronously';
  /** The headers that the context function appends to `responseHeaders`. */
  readonly responseHeaders?: readonly (readonly [name: string, value: string])[];
  /** The status and headers that a plugin sets on the response of an operation. */
  readonly plugin?: { readonly status?: number; readonly headers?: Readonly<Record<string, HeaderValue>> };
}

interface Context {
  readonly seen: Readonly<Record<string, unknown>>;
}

const typeDefs = `#graphql
  directive @cacheControl(maxAge: Int) on FIELD_DEFINITION

  type Query {
    hello(name: String = "world"): String!
    "The text, and nothing but the text: to see what arrived."
    echo(text: String): String
    "A string of so many characters."
    long(length: Int!): String!
    "Throws a GraphQLError that asks for a status, a header or both."
    refuse(status: Int, header: String): String
    "Throws what a client must not learn about."
    crash: String
    "What the context function saw, as JSON."
    seen: String!
    "What caches may keep."
    kept: String @cacheControl(maxAge: 60)
    "How often this instance of the server has started."
    starts: Int!
    "How often this instance of the server has executed the mutation of the same name."
    count: Int!
  }
  type Mutation {
    shout(text: String!): String!
    count: Int!
  }
  type Subscription {
    ticks: Int!
  }
`;

/** The options in which the variants differ. */
type VariantOptions = Pick<
  ApolloServerOptions<Context>,
  'allowBatchedHttpRequests' | 'csrfPrevention' | 'formatError' | 'persistedQueries' | 'plugins'
>;

function createServer(options: VariantOptions): ApolloServer<Context> {
  let starts = 0;
  let count = 0;
  const countStarts: ApolloServerPlugin<Context> = {
    async serverWillStart() {
      starts++;
    },
  };
  return new ApolloServer<Context>({
    typeDefs,
    resolvers: {
      Query: {
        hello: (_: unknown, { name }: { name: string }) => `Hello, ${name}!`,
        echo: (_: unknown, { text }: { text: string | null }) => text,
        long: (_: unknown, { length }: { length: number }) => 'x'.repeat(length),
        refuse: (_: unknown, { status, header }: { status?: number; header?: string }) => {
          throw new GraphQLError('Refused', {
            extensions: {
              code: 'REFUSED',
              http: {
                ...(status && { status }),
                ...(header && { headers: new HeaderMap([['x-refused', header]]) }),
              },
            },
          });
        },
        crash: () => {
          throw new Error('Crashed');
        },
        seen: (_: unknown, __: unknown, { seen }: Context) => JSON.stringify(seen),
        kept: () => 'kept',
        starts: () => starts,
        count: () => count,
      },
      Mutation: { shout: (_: unknown, { text }: { text: string }) => text.toUpperCase(), count: () => ++count },
      Subscription: {
        ticks: {
          async *subscribe() {
            yield { ticks: 1 };
          },
        },
      },
    },
    // The defaults of these two depend on NODE_ENV, which differs between hosts.
    includeStacktraceInErrorResponses: false,
    introspection: true,
    ...options,
    plugins: [countStarts, followPluginDirections, ...(options.plugins ?? [])],
    logger: createLogger(),
  });
}

function context(
  { request, responseHeaders, body, signal }: FetchContextFunctionArgument,
  ...platform: unknown[]
): Promise<Context> {
  const { contextThrows, responseHeaders: appended = [] } = directionsOf(request.headers.get('x-test'));
  for (const [name, value] of appended) responseHeaders.append(name, value);
  if (contextThrows === 'synchronously') throw new Error('thrown synchronously');
  return (async () => {
    if (contextThrows === 'error') throw new Error('thrown by context');
    if (contextThrows === 'string') throw 'a string';
    if (contextThrows === 'graphql-error') {
      throw new GraphQLError('Who are you?', { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } });
    }
    const { method } = request;
    return {
      seen: {
        method,
        body,
        aborted: signal.aborted,
        header: request.headers.get('x-seen'),
        platform: platform.flatMap(namesOf),
      },
    };
  })();
}

/** Returns the names of all properties. Inherited ones are included, because runtimes define theirs on prototypes. */
function namesOf(value: unknown): string[] {
  const names: string[] = [];
  for (let owner = value; Object(owner) === owner; owner = Object.getPrototypeOf(owner)) {
    names.push(...Object.getOwnPropertyNames(owner));
  }
  return names;
}

const followPluginDirections: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response }) {
        const { plugin } = directionsOf(request.http?.headers.get('x-test'));
        if (plugin?.status !== undefined) response.http.status = plugin.status;
        for (const [name, value] of Object.entries(plugin?.headers ?? {})) {
          response.http.headers.set(name, value as string);
        }
      },
    };
  },
};

function directionsOf(header: string | null | undefined): Directions {
  return header ? JSON.parse(header) : {};
}

/** Delays the start of the server with a timer. On Workers a timer is I/O, which can make the start fail. */
const startSlowly: ApolloServerPlugin<Context> = {
  async serverWillStart() {
    await new Promise((resolve) => setTimeout(resolve, 1000));
  },
};

const failToStart: ApolloServerPlugin<Context> = {
  async serverWillStart() {
    throw new Error('The database password is hunter2');
  },
};

/** Returns a function that creates a handler for a server with these options. Bodies are limited to 10,000 bytes. */
function serve({ queryMethod = false, ...options }: VariantOptions & { queryMethod?: boolean } = {}) {
  return (): FetchHandler<unknown[]> =>
    createFetchHandler<Context, unknown[]>(createServer(options), {
      context,
      maxBodyBytes: 10_000,
      maxBatchSize: 3,
      queryMethod,
    });
}

const variants: Readonly<Record<string, () => FetchHandler<unknown[]>>> = {
  graphql: serve(),
  batching: serve({ allowBatchedHttpRequests: true }),
  'no-csrf': serve({ csrfPrevention: false }),
  'own-csrf-header': serve({ csrfPrevention: { requestHeaders: ['x-mine'] } }),
  'no-apq': serve({ persistedQueries: false }),
  'no-landing-page': serve({ plugins: [ApolloServerPluginLandingPageDisabled()] }),
  'format-error': serve({ formatError: ({ message }) => ({ message: `Formatted: ${message}` }) }),
  'slow-start': serve({ plugins: [startSlowly] }),
  'failed-start': serve({ plugins: [failToStart] }),
  'flaky-start': () => {
    let attempts = 0;
    return createFetchHandler<Context, unknown[]>(
      () => createServer({ plugins: attempts++ === 0 ? [failToStart] : [] }),
      { context },
    );
  },
  'query-method': serve({ queryMethod: true, allowBatchedHttpRequests: true, plugins: [subscriptions()] }),
  statuses: serve({ queryMethod: true, allowBatchedHttpRequests: true, plugins: [statuses()] }),
  trusted: createTrusted,
  consumed: () => {
    const handler = serve()();
    return async (request) => {
      await request.text();
      return await handler(request);
    };
  },
};
