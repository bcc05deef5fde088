import { ApolloServer } from '@apollo/server';
import { type CancellationContext, cancellation } from '../../../src/cancellation.ts';
import { cors } from '../../../src/cors.ts';
import { type HTTPCacheOptions, httpCache } from '../../../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../../../src/index.ts';
import { subscriptions } from '../../../src/subscriptions.ts';
import { setClock, setFault } from '../faults.ts';

type Cache = NonNullable<HTTPCacheOptions<unknown[]>['cache']>;

/** How often resolvers were called, by the argument `name` of the query. */
const calls = new Map<string, number>();
/** How many GraphQL requests have arrived. */
let arrived = 0;
let isHeld = false;
/** How many clients have disconnected, by the target of their request. */
const departed = new Map<string, number>();

const typeDefs = `
  enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
  type Query {
    "Public for a minute. Its value is new with each call."
    call(name: String): String @cacheControl(maxAge: 60)
    "The same value with each call."
    same(name: String): String @cacheControl(maxAge: 60)
    private(name: String): String @cacheControl(maxAge: 60, scope: PRIVATE)
    plain(name: String): String
    fail(name: String): String @cacheControl(maxAge: 60)
    number(of: Float): Boolean @cacheControl(maxAge: 60)
    me: String @cacheControl(maxAge: 60)
    steps(name: String): Steps @cacheControl(maxAge: 60)
    "Ends early when its client disconnects, without an error."
    pages(name: String): String @cacheControl(maxAge: 60)
  }
  type Steps { next(name: String): Steps @cacheControl(inheritMaxAge: true), done: Boolean }
  type Mutation { change(name: String): String @cacheControl(maxAge: 60) }
  type Subscription { ticks: Int }
`;

async function call(name = ''): Promise<number> {
  const count = (calls.get(name) ?? 0) + 1;
  calls.set(name, count);
  // This polls, because on Workers a request cannot wait for a promise of another request.
  while (isHeld) await new Promise((resolve) => setTimeout(resolve, 5));
  return count;
}

interface Context extends CancellationContext {
  readonly request: Request;
}

type Field = (parent: unknown, args: { name?: string; length?: number }, context: Context) => unknown;

const count: Field = (_parent, { name }) => call(name).then((count) => `${name} ${count}`);
const step: Field = async (_parent, { name }) => {
  await call(name);
  return {};
};

const resolvers: Record<string, Record<string, Field | { subscribe: () => AsyncIterable<unknown> }>> = {
  Query: {
    call: count,
    private: count,
    plain: count,
    same: async (_parent, { name }) => {
      await call(name);
      return 'same';
    },
    async fail(_parent, { name }) {
      await call(name);
      throw new Error('It failed.');
    },
    number: () => true,
    me: (_parent, _args, { request }) => request.headers.get('authorization'),
    steps: step,
    async pages(_parent, { name = '' }, { signal }) {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      while (isHeld && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
      calls.set(`${name} ended`, (calls.get(`${name} ended`) ?? 0) + 1);
      return signal.aborted ? 'cut off' : 'whole';
    },
  },
  Steps: { next: step, done: () => true },
  Mutation: { change: count },
  Subscription: {
    ticks: {
      async *subscribe() {
        yield { ticks: 1 };
      },
    },
  },
};

const server = new ApolloServer<Context>({
  typeDefs,
  resolvers,
  plugins: [cancellation(), subscriptions()],
  allowBatchedHttpRequests: true,
  includeStacktraceInErrorResponses: false,
});

const graphql = createFetchHandler(server, {
  queryMethod: true,
  async context({ request, responseHeaders, signal }, ...platform) {
    if (request.headers.has('x-late')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      // Deno can do neither once the response is sent.
      Object(platform[0]).remoteAddr;
      request.clone();
    }
    // The request lists the response headers that a real application would set by itself.
    for (const [name, value] of JSON.parse(request.headers.get('x-headers') ?? '[]')) {
      responseHeaders.append(name, value);
    }
    return { request, signal };
  },
});

const origins = ['https://a.test', 'https://b.test'];

/** Puts a GraphQL server behind the cache in several ways, and adds commands that observe and control it. */
export function createApp(cache: Cache): FetchHandler<unknown[]> {
  const options = { cache, vary: ['X-Headers'] };
  const handlers: Record<string, FetchHandler<unknown[]>> = {
    '/graphql': httpCache(graphql, options),
    '/cors-inside': httpCache(cors(graphql, { origin: origins, credentials: true }), options),
    '/cors-outside': cors(httpCache(graphql, options), { origin: origins, credentials: true }),
    '/validators': httpCache(graphql),
  };

  const commands = {
    blank: () => 'blank',
    calls: (name: string) => calls.get(name) ?? 0,
    arrived: () => arrived,
    departed: (target: string) => departed.get(target) ?? 0,
    /** Resolves when the digests of all earlier keys are complete. */
    async digest() {
      await crypto.subtle.digest('SHA-256', new Uint8Array());
    },
    hold(value: boolean) {
      isHeld = value;
    },
    setClock,
    setFault,
  };

  return async (request, ...platform) => {
    const { pathname } = new URL(request.url);
    const handler = handlers[pathname];
    if (handler !== undefined) {
      arrived++;
      const target = request.url.slice(request.url.indexOf('/', 8));
      request.signal.addEventListener('abort', () => departed.set(target, (departed.get(target) ?? 0) + 1));
      return await handler(request, ...platform);
    }
    const command: (...args: unknown[]) => unknown = Reflect.get(commands, pathname.slice(1));
    const args = request.body ? ((await request.json()) as unknown[]) : [];
    return Response.json((await command(...args)) ?? null);
  };
}
