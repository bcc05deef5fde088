/**
 * Traces each request with OpenTelemetry: `import { tracing } from 'apollo-server-integration-fetch/tracing'`.
 *
 * @module
 */

import type { ApolloServerPlugin } from '@apollo/server';
import {
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { logSafely } from './core/log.ts';
import type { FetchHandler } from './core/options.ts';
import { endsWithResponse, waitUntil } from './core/platform.ts';
import type { Observation } from './shared/observation.ts';
import { observeRequest, type RequestReport } from './shared/observed.ts';
import { type ObservedServer, observeOperations, operationsPlugin } from './shared/operations.ts';

export type { ObservedServer };

/** A tracer provider, which may hold spans back until it is told to send them. */
export interface FlushableTracerProvider extends TracerProvider {
  forceFlush?(): Promise<unknown>;
}

/** Options of `tracing`. */
export interface TracingOptions {
  /**
   * The server behind the handler. It must not have been started yet, because `tracing` adds a plugin to it. Leave it
   * out for a server that a function creates, and give that server {@link tracingPlugin}.
   *
   * @default undefined
   */
  readonly server?: ObservedServer;
  /**
   * Where spans come from. Where a platform ends with its response, as Workers does, spans are sent with its
   * `forceFlush()`, which is held with `waitUntil`. The default is the provider that is registered globally, now or
   * later.
   *
   * @default trace.getTracerProvider()
   */
  readonly tracerProvider?: FlushableTracerProvider;
  /**
   * Whether spans have the document as `graphql.document`. A document may contain private data in its literals.
   *
   * @default false
   */
  readonly includeDocument?: boolean;
  /**
   * Whether the names of spans have the name of the operation, `query Hello` in place of `query`. Clients choose these
   * names, so this is for a server that knows its operations, as with `./trusted-documents`.
   *
   * @default false
   */
  readonly includeOperationName?: boolean;
}

/** Reads `traceparent` and whatever else the registered propagator knows. */
const getter: TextMapGetter<Headers> = {
  keys: (headers) => [...headers.keys()],
  get: (headers, name) => headers.get(name) ?? undefined,
};

/**
 * Makes one OpenTelemetry span for each request. It is active while the handler and all resolvers run, those of later
 * parts and events of a stream too, so that the spans of `fetch` and of databases become its children. It ends when the
 * response is over. The context manager has to be one that is based on `AsyncLocalStorage`.
 *
 * If a span is active, such as the one of an instrumentation of HTTP, the span is its child of the kind `INTERNAL`.
 * Otherwise it is of the kind `SERVER`, and its parent is the one that the headers of the request name.
 *
 * The name is the type of the operation, or `GraphQL Operation` if there is none. The attributes are
 * `graphql.operation.type`, `graphql.operation.name`, `http.response.status_code`, `error.type`, and two that the
 * conventions do not name: `graphql.response.errors`, the number of errors, and `graphql.response.outcome`, one of
 * `complete`, `disconnected`, `failed` and `timeout`. The status is an error for a 5xx response, for `failed` and
 * `timeout`, and for errors without data.
 *
 * @param handler The handler to wrap. `drain` belongs around this wrapper, and everything else inside it.
 * @param options The server, and what spans contain.
 * @returns A handler of the same kind.
 * @throws Error if the server has started already.
 * @see https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { tracing } from 'apollo-server-integration-fetch/tracing';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * export default { fetch: tracing(createFetchHandler(server), { server }) };
 * ```
 */
export function tracing<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  { server, tracerProvider, includeDocument = false, includeOperationName = false }: TracingOptions = {},
): FetchHandler<Platform, TRequest> {
  if (server !== undefined) observeOperations(server);
  // The global API finds a provider that is registered later.
  const tracer = (tracerProvider ?? trace).getTracer('apollo-server-integration-fetch');

  function logError(error: unknown): void {
    logSafely(() => (server?.logger ?? console).error(error));
  }

  /** Ends the span, and sends it where nothing else would. */
  function end(span: Span, report: RequestReport, observation: Observation, platform: Platform): void {
    try {
      const { operationType, operationName } = report;
      const name = includeOperationName && operationName !== undefined ? ` ${operationName}` : '';
      if (operationType !== undefined) span.updateName(`${operationType}${name}`);
      span.setAttributes({
        ...attributesOf(report),
        ...(includeDocument && { 'graphql.document': observation.context?.source }),
      });
      const error = errorOf(report, observation);
      if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      if (tracerProvider?.forceFlush && endsWithResponse(platform)) {
        waitUntil(platform, tracerProvider.forceFlush().catch(logError));
      }
    } catch (error) {
      logError(error);
    }
  }

  return function tracingHandler(request, ...platform) {
    const active = context.active();
    const isInner = trace.getSpan(active) !== undefined;
    const parent = isInner ? active : propagation.extract(active, request.headers, getter);
    const kind = isInner ? SpanKind.INTERNAL : SpanKind.SERVER;
    const span = tracer.startSpan('GraphQL Operation', { kind }, parent);
    return context.with(trace.setSpan(parent, span), () =>
      // A span that is not recorded, because there is no provider or it is not sampled, still has children.
      span.isRecording()
        ? observeRequest(handler, request, platform, (report, observation) => end(span, report, observation, platform))
        : handler(request, ...platform),
    );
  };
}

function attributesOf({ operationType, operationName, status, outcome, errors }: RequestReport) {
  return {
    'graphql.operation.type': operationType,
    'graphql.operation.name': operationName,
    'http.response.status_code': status,
    'graphql.response.outcome': outcome,
    'graphql.response.errors': errors,
  };
}

/** The class of the error that a span ends with, if it ends with one. */
function errorOf({ status = 200, outcome, codes }: RequestReport, { lacksData }: Observation): string | undefined {
  if (outcome === 'timeout' || outcome === 'failed') return codes[0] ?? outcome;
  if (status >= 500) return codes[0] ?? String(status);
  return lacksData ? (codes[0] ?? '_OTHER') : undefined;
}

/**
 * Creates the plugin that `tracing` adds to its `server`. It is for a server that a function creates.
 *
 * @returns A plugin of the server.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { tracing, tracingPlugin } from 'apollo-server-integration-fetch/tracing';
 *
 * const createServer = () =>
 *   new ApolloServer({ typeDefs: 'type Query { hello: String }', plugins: [tracingPlugin()] });
 *
 * export default { fetch: tracing(createFetchHandler(createServer)) };
 * ```
 */
export function tracingPlugin(): ApolloServerPlugin {
  return operationsPlugin;
}
