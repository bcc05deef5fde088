import {
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLRequestContext,
  type GraphQLRequestContextResponseForOperation,
  type GraphQLResponse,
  HeaderMap,
  type HTTPGraphQLHead,
  type HTTPGraphQLRequest,
} from '@apollo/server';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError, getVariableValues, subscribe } from 'graphql';
import type { Chunks } from './core/chunks.ts';
import { badRequest, internalServerError, publicError } from './core/error.ts';
import type { Exchange } from './core/exchange.ts';
import { eventStream, multipart, type Protocol } from './core/protocols.ts';
import { ApolloRequest } from './core/request.ts';
import { type Accepted, negotiate } from './subscriptions/accept.ts';
import { type EventChunks, eventChunks } from './subscriptions/events.ts';

/** Options of `subscriptions`. */
export interface SubscriptionsOptions {
  /**
   * How long a response may be silent before a heartbeat is sent, in milliseconds. Default 5,000. Hosts and proxies end
   * connections that are silent for long.
   */
  readonly heartbeatIntervalMillis?: number;
  /**
   * How many subscriptions may be open at once. There is no limit by default. One more is answered with 503 and a
   * `retry-after` header.
   */
  readonly maxStreams?: number;
}

/**
 * Answers subscriptions over plain HTTP, in the protocol that the client accepts: `multipart/mixed; subscriptionSpec=1.0`,
 * which Apollo's clients and its router speak, or `text/event-stream` in the distinct connections mode of GraphQL over SSE.
 * It takes a server that is served by `createFetchHandler`.
 *
 * A client that accepts neither is answered with 406, a subscription in a batch with 400, a mutation by GET with 405. Errors
 * before the first event are JSON, or an event for clients that accept no JSON. The errors of events pass through the
 * server's `formatError`. When the client disconnects, the `signal` of the context function aborts and the source's
 * `return()` is called. When the server stops, open subscriptions end in a way that makes clients subscribe again.
 *
 * @throws RangeError if an option is out of range.
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
export function subscriptions(options: SubscriptionsOptions = {}): ApolloServerPlugin {
  const { heartbeatIntervalMillis = 5000, maxStreams = Number.POSITIVE_INFINITY } = options;
  // A longer interval would overflow the runtimes' timers, which then fire at once.
  if (!(heartbeatIntervalMillis >= 1 && heartbeatIntervalMillis < 2 ** 31)) {
    throw new RangeError('Invalid heartbeatIntervalMillis');
  }
  if (!(maxStreams >= 0)) throw new RangeError('Invalid maxStreams');
  const open = new Set<EventChunks>();
  /** The subscriptions that are open, and those whose source is being opened. */
  let count = 0;
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
    async requestDidStart({ request }) {
      const { http } = request;
      const exchange = http && ApolloRequest.exchangeOf(http);
      if (http === undefined || exchange === undefined) return { didResolveOperation: refuse };
      const call: Call = { http, exchange };
      let accepted: Accepted | undefined;

      function accepts(): Accepted {
        accepted ??= negotiate(call.http.headers.get('accept'), { multipart, eventStream });
        return accepted;
      }

      return {
        async didResolveSource() {
          // By GET, Apollo refuses everything but queries. Its CSRF prevention has let this request pass.
          if (http.method === 'GET') request.http = { ...http, method: 'POST' };
        },
        async didEncounterErrors() {
          request.http = http;
        },
        async didResolveOperation({ operation }) {
          request.http = http;
          if (operation?.operation === 'mutation' && http.method === 'GET') throw methodNotAllowed();
          if (operation?.operation === 'subscription' && accepts().protocol === undefined) throw notAcceptable();
        },
        async responseForOperation(context) {
          // Whatever its type says, there is no operation where the `operationName` is unknown.
          const { protocol } = context.operation?.operation === 'subscription' ? accepts() : {};
          return protocol === undefined ? null : await respond(context, call, protocol);
        },
        async willSendResponse(context) {
          const head = context.response.http;
          // What has a content type by now is a stream, or meant to be JSON for every client.
          if (head.headers.has('content-type')) return;
          const { protocol, json } = accepts();
          if (json || protocol === undefined) return;
          // A client of event streams alone reads nothing that has another status.
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

  /** Opens the source. Where it returns `null`, Apollo executes the operation and responds with the error it meets. */
  async function respond(context: Context, call: Call, protocol: Protocol): Promise<GraphQLResponse | null> {
    const { response, logger } = context;
    if (count >= maxStreams && !isStopping) return await respondWithErrors([unavailable()], call, logger);
    count++;
    const result = isStopping ? silence : await openSource(context);
    if (!('next' in result)) {
      count--;
      return hasBadVariables(context) ? null : await respondWithErrors(result.errors ?? [], call, logger);
    }

    const chunks = eventChunks({
      events: result,
      protocol,
      heartbeatIntervalMillis,
      print: (event) => print(event, call, logger),
      printFailure: (error) => printFailure(error, call, logger),
      abort: () => call.exchange.abort(),
      onEnd() {
        count--;
        open.delete(chunks);
      },
    });
    open.add(chunks);
    // The server may have been told to stop while the source was being opened.
    if (isStopping) chunks.leave();
    const close = () => void chunks.close().catch(() => {});
    // For as long as there is no response that could be cancelled.
    call.exchange.signal.addEventListener('abort', close, { once: true });
    call.exchange.takeOver = ({ headers }) => {
      if (headers === response.http.headers) return chunks;
      // Something after this plugin has failed, and Apollo responds with that error.
      close();
      return undefined;
    };
    const headers = new HeaderMap();
    setHeaders(headers, protocol);
    return { http: { headers }, body: { kind: 'single', singleResult: { data: null } } };
  }
}

type Context = GraphQLRequestContextResponseForOperation<BaseContext>;

type Logger = Context['logger'];

/** A request that `createFetchHandler` has made. */
interface Call {
  readonly http: HTTPGraphQLRequest;
  readonly exchange: Exchange<Request>;
}

/** The source of a subscription that a server refuses because it stops. */
const silence: AsyncIterator<ExecutionResult> = { next: () => new Promise(() => {}) };

async function openSource(context: Context): Promise<AsyncIterator<ExecutionResult> | ExecutionResult> {
  const { request, schema, document, contextValue, logger } = context;
  try {
    return await subscribe({
      schema,
      document,
      contextValue,
      variableValues: request.variables ?? null,
      operationName: request.operationName ?? null,
    });
  } catch (error) {
    // A fault of the schema: what `subscribe` returned is not an async iterable.
    logger.error(error);
    return { errors: [internalServerError()] };
  }
}

function hasBadVariables({ request, schema, operation }: Context): boolean {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
  return errors !== undefined;
}

async function respondWithErrors(
  errors: readonly GraphQLError[],
  call: Call,
  logger: Logger,
): Promise<GraphQLResponse> {
  const http: HTTPGraphQLHead = { headers: new HeaderMap() };
  for (const { extensions } of errors) {
    const { status, headers }: Partial<HTTPGraphQLHead> = Object(extensions.http);
    if (status !== undefined) http.status = status;
    if (headers !== undefined) for (const [name, value] of headers) http.headers.set(name, value);
  }
  const formatted = await Promise.all(errors.map((error) => formatError(error, call, logger)));
  return { http, body: { kind: 'single', singleResult: { errors: formatted } } };
}

/** Writes an event, its members in the order of Apollo's. */
async function print({ errors, data, extensions }: ExecutionResult, call: Call, logger: Logger): Promise<string> {
  try {
    const formatted = errors && (await Promise.all(errors.map((error) => formatError(error, call, logger))));
    return JSON.stringify({ errors: formatted, data, extensions });
  } catch (error) {
    // A scalar has made something that is no JSON. The events after it may be better.
    logger.error(error);
    return JSON.stringify({ errors: [await formatError(internalServerError(), call, logger)], data: null });
  }
}

async function printFailure(error: unknown, call: Call, logger: Logger): Promise<string> {
  const shown = publicError(error);
  if (shown !== error) logger.error(error);
  const { message, extensions } = await formatError(shown, call, logger);
  return JSON.stringify([{ message, extensions }]);
}

/**
 * Formats an error with the server's own `formatError` and stack trace setting. Apollo has no hook for this. It formats
 * whatever a request throws while it is read, and calls no hook of that request.
 */
async function formatError(
  error: GraphQLError,
  { http, exchange }: Call,
  logger: Logger,
): Promise<GraphQLFormattedError> {
  const httpGraphQLRequest: HTTPGraphQLRequest = {
    method: 'POST',
    // They have passed CSRF prevention before.
    headers: http.headers,
    search: '',
    get body(): unknown {
      throw error;
    },
  };
  try {
    const response = await exchange.server?.executeHTTPGraphQLRequest({
      httpGraphQLRequest,
      context: async () => ({}) as never,
    });
    const { errors } = JSON.parse(response?.body.kind === 'complete' ? response.body.string : '');
    return errors[0];
  } catch (cause) {
    logger.error(cause);
    return internalServerError().toJSON();
  }
}

/** A whole response as one event. */
function singleEvent(protocol: Protocol, result: string): Chunks {
  // Apollo ends it with a line break, and `stringifyResult` may indent it. Inside of JSON's strings there are none.
  const value = protocol.opening + protocol.event(result.replace(/[\r\n]/g, '')) + protocol.ending;
  return { next: async () => ({ done: true, value }), close: async () => {}, failure: () => '' };
}

function setHeaders(headers: HeaderMap, { contentType }: Protocol): void {
  headers.set('content-type', contentType);
  headers.set('cache-control', 'no-store');
  // Without it, nginx holds events back.
  headers.set('x-accel-buffering', 'no');
}

/** Refuses a subscription whose request `createFetchHandler` has not made, or of which Apollo has made a copy. */
async function refuse({ operation, requestIsBatched }: GraphQLRequestContext<BaseContext>): Promise<void> {
  if (operation?.operation !== 'subscription') return;
  if (requestIsBatched) throw badRequest('A subscription cannot be part of a batch.');
  throw refusal(501, 'NOT_IMPLEMENTED', 'Subscriptions are served by createFetchHandler alone.');
}

function methodNotAllowed(): GraphQLError {
  const message = 'GET requests only support query and subscription operations, not mutation operations';
  return refusal(405, 'BAD_REQUEST', message, [['allow', 'POST']]);
}

function notAcceptable(): GraphQLError {
  const message =
    'Subscriptions are sent as "multipart/mixed; subscriptionSpec=1.0" or as "text/event-stream". ' +
    'The Accept header must list one of them.';
  return refusal(406, 'BAD_REQUEST', message, [json]);
}

function unavailable(): GraphQLError {
  return refusal(503, 'SERVICE_UNAVAILABLE', 'Too many subscriptions are open.', [json, ['retry-after', '5']]);
}

/** Set where the response is JSON whatever the client accepts. */
const json = ['content-type', 'application/json; charset=utf-8'] as const;

function refusal(
  status: number,
  code: string,
  message: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
): GraphQLError {
  const http: object = { status, headers: new HeaderMap(headers) };
  return new GraphQLError(message, { extensions: { code, http } });
}
