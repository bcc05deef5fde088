/** Two Workers run this file in two isolates. They share one hub, and the first passes `/other` on to the second. */
import { ApolloServer } from '@apollo/server';
import { context } from '../../example-app/context.ts';
import { createResolvers } from '../../example-app/resolvers.ts';
import { typeDefs } from '../../example-app/schema.ts';
import { createFetchHandler } from '../../src/index.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { durableObjectHub, BookHub as ExampleHub } from '../../workers-example/src/hub.ts';

/** The hub of the example, which also reports how many listeners it has. */
export class BookHub extends ExampleHub {
  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/listeners') return new Response(String(this.listeners.size));
    return await super.fetch(request);
  }
}

interface Env {
  readonly HUB: DurableObjectNamespace;
  readonly OTHER?: Fetcher;
}

const store = {
  list: async () => [],
  get: async () => undefined,
  put: async () => {},
  getCover: async () => undefined,
  putCover: async () => {},
};

const handler = createFetchHandler(
  (env: Env) =>
    new ApolloServer({
      typeDefs,
      resolvers: createResolvers(store, durableObjectHub(env.HUB)),
      plugins: [subscriptions({ heartbeatIntervalMillis: 100 })],
      includeStacktraceInErrorResponses: false,
    }),
  { context: (argument, _env: Env, _ctx: ExecutionContext) => context(argument) },
);

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/listeners') return await env.HUB.get(env.HUB.idFromName('books')).fetch(request);
    if (pathname === '/other' && env.OTHER !== undefined) return await env.OTHER.fetch(request);
    return await handler(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
