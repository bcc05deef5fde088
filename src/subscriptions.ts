/**
 * Sends subscriptions over plain HTTP: `import { subscriptions } from 'apollo-server-integration-fetch/subscriptions'`.
 *
 * @module
 */
import {
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLRequest,
  type GraphQLResponse,
  HeaderMap,
} from '@apollo/server';
import type { Chunks } from './core/chunks.ts';
import { checkNumber, maxTimerMillis } from './core/limits.ts';
import { ApolloRequest } from './core/request.ts';
import { eventStream, multipartMixed, type Protocol } from './shared/protocols.ts';
import { negotiate } from './subscriptions/accept.ts';
import { callbackHooks, hasCallback } from './subscriptions/callback.ts';
import { EventChunks } from './subscriptions/events.ts';
import { OwnFeed } from './subscriptions/feed.ts';
import { allowSubscription } from './subscriptions/method.ts';
import { readerOf } from './subscriptions/reader.ts';
import { notAcceptable, unavailable, unservedHooks } from './subscriptions/refusals.ts';
import { type Call, respondWithErrors } from './subscriptions/results.ts';
import { type ShareArgument, SharedSources } from './subscriptions/shared-sources.ts';
import { hasBadVariables, openSource, type SourceContext, silence } from './subscriptions/source.ts';
import { validationDidStart } from './subscriptions/validation.ts';

export type { ShareArgument };

/** Options of `subscriptions`. */
export interface SubscriptionsOptions<TContext extends BaseContext = BaseContext> {
  /**
   * How long a response may be silent before a heartbeat is sent, in milliseconds. Hosts and proxies end connections
   * that are silent for long.
   *
   * @default 5_000
   */
  readonly heartbeatIntervalMillis?: number;
  /**
   * How many subscriptions may be open at once. Another one gets the status 503 and a `retry-after` header.
   *
   * @default Infinity
   */
  readonly maxStreams?: number;
  /**
   * Says which subscriptions may share one source. It returns a key for a subscription whose events are the same for
   * everyone with that key, and `undefined` for any other. Subscriptions on one server with the same key, document,
   * operation name and variables then have one source, and each event is executed and written once for all of them.
   * They get the events and the context of the first of them. **Every client gets what the first one may see.** So all
   * that an event depends on, such as the user or a role, must be part of the key.
   *
   * It is called after the context function, and must not be async: only a string is a key. If it throws, the client
   * gets the status 500. Variables that are not plain JSON, such as files, share nothing.
   *
   * @default undefined, so nothing is shared
   *
   * @example
   * ```ts
   * import { subscriptions } from 'apollo-server-integration-fetch/subscriptions';
   *
   * const plugin = subscriptions<{ role: string }>({ share: ({ contextValue }) => contextValue.role });
   * ```
   */
  readonly share?: (subscription: ShareArgument<TContext>) => string | undefined;
}

/**
 * Serves subscriptions over plain HTTP, in the protocol that the client accepts:
 * `multipart/mixed; subscriptionSpec=1.0`, which Apollo's clients speak, or `text/event-stream` in the distinct
 * connections mode of GraphQL over SSE. The server must be served by `createFetchHandler`.
 *
 * A client that accepts neither gets the status 406, a subscription in a batch 400, and a mutation by GET 405. If
 * another integration serves the server, a subscription gets 501. Errors before the first event are JSON, or an event
 * for clients that accept no JSON. The errors of events pass through the server's `formatError`. When the client
 * disconnects, the `signal` of the context function aborts and the source's `return()` is called, unless it has ended
 * by itself. When the server stops, open subscriptions end in a way that makes clients subscribe again. A router with a
 * callback URL is left to `ApolloServerPluginSubscriptionCallback`.
 *
 * @param options How often to send a heartbeat, how many subscriptions may be open, and which share their events.
 * @returns A plugin of the server.
 * @throws RangeError if `heartbeatIntervalMillis` is not from 1 to 2 ** 31 - 1, or if `maxStreams` is negative or not a
 * number.
 * @see https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 *
 * @example
 * ```ts
 * import { setTimeout } from 'node:timers/promises';
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { subscriptions } from 'apollo-server-integration-fetch/subscriptions';
 *
 * const server = new ApolloServer<{ signal: AbortSignal }>({
 *   typeDefs: 'type Query { hello: String } type Subscription { countdown(from: Int!): Int }',
 *   resolvers: {
 *     Subscription: {
 *       countdown: {
 *         async *subscribe(_parent: unknown, { from }: { from: number }, { signal }: { signal: AbortSignal }) {
 *           for (let countdown = from; countdown >= 0; countdown--) {
 *             yield { countdown };
 *             await setTimeout(1000, undefined, { signal });
 *           }
 *         },
 *       },
 *     },
 *   },
 *   plugins: [subscriptions()],
 * });
 *
 * export default {
 *   fetch: createFetchHandler(server, { context: async ({ signal }) => ({ signal }) }),
 * };
 * ```
 */
export function subscriptions<TContext extends BaseContext = BaseContext>(
  options: SubscriptionsOptions<TContext> = {},
): ApolloServerPlugin<TContext> {
  const { heartbeatIntervalMillis = 5000, maxStreams = Number.POSITIVE_INFINITY, share } = options;
  checkNumber('heartbeatIntervalMillis', heartbeatIntervalMillis, 1, maxTimerMillis);
  checkNumber('maxStreams', maxStreams);
  /** The subscriptions that are open, and those whose source is being opened. */
  const open = new Set<EventChunks>();
  const sources = share && new SharedSources(share, heartbeatIntervalMillis);
  let isStopping = false;

  return {
    async serverWillStart() {
      isStopping = false;
      return {
        async drainServer() {
          isStopping = true;
          for (const chunks of open) chunks.leave();
        },
      };
    },
    async requestDidStart(requestContext) {
      const { request } = requestContext;
      // Each hook costs every query some time.
      if (isPlain(request)) return undefined;
      if (hasCallback(request)) return callbackHooks;
      const { http } = request;
      const exchange = http && ApolloRequest.exchangeOf(http);
      if (http === undefined || exchange === undefined) return unservedHooks;
      const call: Call = {
        http,
        exchange,
        accepted: negotiate(http.headers.get('accept'), { multipartMixed, eventStream }),
      };
      const { protocol, json } = call.accepted;
      if (http.method === 'GET') allowSubscription(requestContext, http);

      return {
        validationDidStart,
        async didResolveOperation({ operation }) {
          if (operation?.operation === 'subscription' && protocol === undefined) throw notAcceptable();
        },
        async responseForOperation(context) {
          // Despite its type, `operation` is `undefined` if the `operationName` is unknown.
          if (protocol === undefined || context.operation?.operation !== 'subscription') return null;
          return await respond(context, call, protocol);
        },
        async willSendResponse(context) {
          const head = context.response.http;
          // A response that has a content type by now is a stream, or is meant to be JSON for every client.
          if (head.headers.has('content-type') || json || protocol === undefined) return;
          // A client that accepts only event streams does not read a response with another status.
          head.status = 200;
          setHeaders(head.headers, protocol);
          exchange.takeOver = ({ headers, body }) =>
            headers === context.response.http.headers && body.kind === 'complete'
              ? singleEvent(protocol, body.string)
              : undefined;
        },
      };
    },
  };
  /**
   * Opens the source. If it returns `null`, Apollo executes the operation and responds with the error that it finds.
   */
  async function respond(context: SourceContext, call: Call, protocol: Protocol): Promise<GraphQLResponse | null> {
    const { response, logger } = context;
    const { exchange } = call;
    if (open.size >= maxStreams && !isStopping) return await respondWithErrors([unavailable()], call, logger);
    const source = isStopping ? undefined : sources?.find(context, call);
    // A shared source has taken the signal that the client had before.
    const { signal } = exchange;
    const opening = source?.opening ?? (isStopping || signal.aborted ? Promise.resolve(silence) : openSource(context));
    let stopWaiting = () => {};
    const ended = new Promise<void>((resolve) => {
      stopWaiting = resolve;
    });

    const chunks = new EventChunks({
      connect: source?.hub.join ?? ((listener) => new OwnFeed(readerOf(opening, call, logger), listener)),
      protocol,
      heartbeatIntervalMillis,
      exchange,
      onEnd() {
        open.delete(chunks);
        stopWaiting();
      },
    });
    open.add(chunks);
    if (isStopping) chunks.leave();
    const close = () => void chunks.close().catch(() => {});
    // As long as there is no response that a disconnect could cancel, the signal closes the source.
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });

    // A source may never be there. Nobody waits for it once the client has left or the server stops.
    const result = await Promise.race([opening, ended]);
    if (result && !('next' in result)) {
      close();
      return hasBadVariables(context) ? null : await respondWithErrors(result.errors ?? [], call, logger);
    }
    exchange.takeOver = ({ headers }) => {
      if (headers === response.http.headers) {
        chunks.begin();
        return chunks;
      }
      // Something after this plugin has failed, and Apollo responds with that error.
      close();
      return undefined;
    };
    const headers = new HeaderMap();
    setHeaders(headers, protocol);
    return { http: { headers }, body: { kind: 'single', singleResult: { data: null } } };
  }
}

/** Whether a request cannot be a subscription, and its client does not read streams alone. */
function isPlain({ query, http }: GraphQLRequest): boolean {
  return (
    query !== undefined &&
    !query.includes('subscription') &&
    !/multipart|event-stream/i.test(http?.headers.get('accept') ?? '')
  );
}

/** A whole response as one event. */
function singleEvent(protocol: Protocol, result: string): Chunks {
  // Apollo ends the JSON with a line break, and `stringifyResult` may indent it. JSON strings contain no line breaks.
  const value = protocol.opening + protocol.event(result.replace(/[\r\n]/g, '')) + protocol.ending;
  return { next: async () => ({ done: true, value }), close: async () => {}, failure: () => '' };
}

function setHeaders(headers: HeaderMap, { contentType }: Protocol): void {
  headers.set('content-type', contentType);
  headers.set('cache-control', 'no-store');
}
