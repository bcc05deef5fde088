import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { cors } from 'apollo-server-integration-fetch/cors';
import { httpCache } from 'apollo-server-integration-fetch/http-cache';
import { trustedDocuments } from 'apollo-server-integration-fetch/trusted-documents';
import { GraphQLUpload, multipart } from 'apollo-server-integration-fetch/uploads';

interface Env {
  STORE: KVNamespace;
}
interface Context {
  store: KVNamespace;
  user: string | null;
}

const typeDefs = 'type Query { hello: String }';
const server = new ApolloServer<Context>({ typeDefs });

const handler = createFetchHandler(server, {
  context: async ({ request, responseHeaders, signal, body }, env: Env, ctx: ExecutionContext) => {
    ctx.waitUntil(Promise.resolve());
    responseHeaders.append('set-cookie', 'a=1');
    signal.throwIfAborted();
    void body;
    return { store: env.STORE, user: request.headers.get('x-user') };
  },
});
export const worker = { fetch: handler } satisfies ExportedHandler<Env>;

export const withoutContext = {
  fetch: createFetchHandler(new ApolloServer({ typeDefs })),
} satisfies ExportedHandler<Env>;

export const withFactory = {
  fetch: createFetchHandler((_env: Env, _ctx: ExecutionContext) => new ApolloServer<Context>({ typeDefs }), {
    context: async (_argument, env: Env, _ctx: ExecutionContext) => ({ store: env.STORE, user: null }),
  }),
} satisfies ExportedHandler<Env>;

export const withFactoryAlone = {
  fetch: createFetchHandler((env: Env) => new ApolloServer({ typeDefs, cache: cacheOf(env.STORE) })),
} satisfies ExportedHandler<Env>;

export const withFewerFactoryArguments = {
  fetch: createFetchHandler((env: Env) => new ApolloServer<Context>({ typeDefs, cache: cacheOf(env.STORE) }), {
    context: async (_argument, env: Env, ctx: ExecutionContext) => {
      ctx.waitUntil(Promise.resolve());
      return { store: env.STORE, user: null };
    },
  }),
} satisfies ExportedHandler<Env>;

export const withoutFactoryArguments = {
  fetch: createFetchHandler(() => new ApolloServer<Context>({ typeDefs }), {
    context: async (_argument, env: Env) => ({ store: env.STORE, user: null }),
  }),
} satisfies ExportedHandler<Env>;

export const withCors = {
  fetch: cors(handler, {
    origin: async (origin, _request, env, ctx) => {
      ctx.waitUntil(Promise.resolve());
      return origin === (await env.STORE.get('origin'));
    },
  }),
} satisfies ExportedHandler<Env>;

export const withHTTPCache = {
  fetch: httpCache(handler, {
    cache: () => caches.default,
    bypass: async (request, env, ctx) => {
      ctx.waitUntil(Promise.resolve());
      return request.headers.get('x-key') === (await env.STORE.get('key'));
    },
  }),
} satisfies ExportedHandler<Env>;

export const withNamedCache = {
  fetch: httpCache(handler, { cache: () => caches.open('graphql'), vary: ['accept-language'] }),
} satisfies ExportedHandler<Env>;

export const withFewerContextArguments = {
  fetch: createFetchHandler((env: Env) => new ApolloServer<Context>({ typeDefs, cache: cacheOf(env.STORE) }), {
    context: async (_argument, env: Env) => ({ store: env.STORE, user: null }),
  }),
} satisfies ExportedHandler<Env>;

declare function cacheOf(store: KVNamespace): 'bounded';

// The context function must return what the server's resolvers expect.
// @ts-expect-error
createFetchHandler(server, { context: async (_argument, env: Env) => ({ store: env.STORE }) });
// It may be left out only where no context is expected.
// @ts-expect-error
createFetchHandler(server);
// @ts-expect-error
createFetchHandler(server, { maxBodyBytes: 1 });
// It may take only what the platform passes.
const needsMore = createFetchHandler(server, {
  context: async (_argument, env: { STORE: KVNamespace; OTHER: string }) => ({ store: env.STORE, user: env.OTHER }),
});
export const missingBinding = {
  // @ts-expect-error
  fetch: needsMore,
} satisfies ExportedHandler<Env>;

// The factory and the context function see the same platform.
createFetchHandler((_env: Env) => new ApolloServer<Context>({ typeDefs }), {
  // @ts-expect-error
  context: async (_argument, env: string) => ({ store: env, user: null }),
});

/** The request may be annotated as Workers pass it. */
export const withCfProperties = {
  fetch: createFetchHandler(server, {
    context: async ({ request }: { request: Request<unknown, IncomingRequestCfProperties> }, env: Env) => ({
      store: env.STORE,
      user: request.cf?.country ?? null,
    }),
  }),
} satisfies ExportedHandler<Env>;

/** The functions of `trustedDocuments` may take fewer of the platform's arguments than the others. */
const trusted = { hello: '{ hello }' };
const contextOfEnv = async (_argument: unknown, env: Env) => ({ store: env.STORE, user: null });
export const withDocuments = {
  fetch: createFetchHandler(server, { context: contextOfEnv, documents: trustedDocuments({ documents: trusted }) }),
} satisfies ExportedHandler<Env>;
export const withAllow = {
  fetch: createFetchHandler(server, {
    context: contextOfEnv,
    documents: trustedDocuments({ documents: trusted, allow: ({ headers }) => headers.has('x-key') }),
  }),
} satisfies ExportedHandler<Env>;
export const withDocumentsInKV = {
  fetch: createFetchHandler(new ApolloServer({ typeDefs }), {
    documents: trustedDocuments({ documents: (id, env: Env) => env.STORE.get(id) }),
  }),
} satisfies ExportedHandler<Env>;
export const withAll = {
  fetch: createFetchHandler((env: Env) => new ApolloServer<Context>({ typeDefs, cache: cacheOf(env.STORE) }), {
    context: async (_argument, env: Env, ctx: ExecutionContext) => {
      ctx.waitUntil(Promise.resolve());
      return { store: env.STORE, user: null };
    },
    documents: trustedDocuments({
      documents: async (id, env: Env) => await env.STORE.get(id),
      allow: async (request, env) => request.headers.get('x-key') === (await env.STORE.get('key')),
    }),
  }),
} satisfies ExportedHandler<Env>;
export const withMissingBinding = {
  // @ts-expect-error
  fetch: createFetchHandler(new ApolloServer({ typeDefs }), {
    documents: trustedDocuments({ documents: (id, env: { OTHER: Map<string, string> }) => env.OTHER.get(id) }),
  }),
} satisfies ExportedHandler<Env>;

/** A factory may wait for what it needs. */
export const withAsyncFactory = {
  fetch: createFetchHandler(async (env: Env) => {
    const typeDefs = (await env.STORE.get('schema')) ?? 'type Query { hello: String }';
    return new ApolloServer({ typeDefs });
  }),
} satisfies ExportedHandler<Env>;

export const withAsyncFactoryAndContext = {
  fetch: createFetchHandler(async (env: Env) => new ApolloServer<Context>({ typeDefs: String(env) }), {
    context: async ({ request }, env: Env, _ctx: ExecutionContext) => ({ store: env.STORE, user: request.url }),
  }),
} satisfies ExportedHandler<Env>;

/** The argument may be the context value, or a part of it. */
interface Argument {
  readonly request: Request;
  readonly signal: AbortSignal;
}
export const argumentAsContext = createFetchHandler(new ApolloServer<Argument>({ typeDefs }), {
  context: async (argument) => argument,
});

export const uploads = createFetchHandler(new ApolloServer({ typeDefs, resolvers: { Upload: GraphQLUpload } }), {
  multipart: multipart({ maxFileBytes: 1_000_000, maxFiles: 1, maxTotalBytes: 2_000_000, requestHeaders: ['x-a'] }),
});
export const upload: File = GraphQLUpload.parseValue(new File([], 'a.txt'));
