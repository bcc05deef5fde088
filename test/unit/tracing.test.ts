import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { deadline } from '../../src/deadline.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { createRequestListener } from '../../src/node.ts';
import { observe } from '../../src/observe.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { type TracingOptions, tracing, tracingPlugin } from '../../src/tracing.ts';
import { createLogger } from '../apps/logger.ts';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});

afterEach(() => {
  exporter.reset();
  for (const api of [context, propagation, trace]) api.disable();
});

/** Works for a while, as a client of a database does, and makes a span of it. */
async function work(name: string): Promise<string> {
  const span = trace.getTracer('work').startSpan(name);
  await sleep(1);
  span.end();
  return name;
}

const typeDefs = /* GraphQL */ `
  directive @stream(if: Boolean, label: String, initialCount: Int = 0) on FIELD
  type Query {
    work(name: String = "work"): String
    never: String
    fail: String!
    items: [String]
  }
  type Subscription { ticks(then: String!): String }
`;

function createServer(plugins: ApolloServerPlugin[] = []): ApolloServer<BaseContext> {
  return new ApolloServer<BaseContext>({
    typeDefs,
    resolvers: {
      Query: {
        work: (_parent: unknown, { name }: { name: string }) => work(name),
        never: () => new Promise(() => {}),
        async *items() {
          for (const name of ['a', 'b']) yield await work(name);
        },
      },
      Subscription: {
        ticks: {
          async *subscribe(_parent: unknown, { then }: { then: string }) {
            for (const name of ['a', 'b']) yield await work(name);
            if (then === 'throw') throw new Error('It has broken.');
            if (then === 'wait') await new Promise(() => {});
          },
          resolve: (name: string) => work(`resolve ${name}`),
        },
      },
    },
    legacyExperimentalExecuteIncrementally: (args) => execute(args),
    includeStacktraceInErrorResponses: false,
    plugins: [subscriptions(), ...plugins],
    logger: createLogger(),
  });
}

function setUp(
  options: TracingOptions = {},
  inside: (handler: FetchHandler<unknown[]>) => FetchHandler<unknown[]> = (handler) => handler,
): FetchHandler<unknown[]> {
  trace.setGlobalTracerProvider(provider);
  const server = createServer();
  return tracing(inside(createFetchHandler(server)), { server, ...options });
}

function post(query: string, headers: Record<string, string> = {}, signal: AbortSignal | null = null): Request {
  const accept =
    'multipart/mixed; deferSpec=20220824, multipart/mixed; subscriptionSpec=1.0, application/json, text/event-stream';
  return new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify({ query }),
    signal,
  });
}

/** Returns the span of the request, and the names of its children. */
function finished(): { span: ReadableSpan; children: string[] } {
  const spans = exporter.getFinishedSpans();
  const own = spans.filter(({ instrumentationScope }) => instrumentationScope.name !== 'work');
  expect(own).toHaveLength(1);
  const [span = expect.fail()] = own;
  const children = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId);
  return { span, children: children.map(({ name }) => name) };
}

test('a request is a span, and what its resolvers do are its children', async () => {
  await (await setUp()(post('query Q {work}'))).text();
  const { span, children } = finished();
  expect(span).toMatchObject({
    name: 'query',
    kind: SpanKind.SERVER,
    status: { code: SpanStatusCode.UNSET },
    events: [],
  });
  expect(span.parentSpanContext).toBeUndefined();
  expect(span.attributes).toEqual({
    'graphql.operation.type': 'query',
    'graphql.operation.name': 'Q',
    'http.response.status_code': 200,
    'graphql.response.outcome': 'complete',
    'graphql.response.errors': 0,
  });
  expect(children).toEqual(['work']);
});

test('the headers name the parent, unless a span is active', async () => {
  const handler = setUp();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await handler(post('{work}', { traceparent }));
  expect(finished().span).toMatchObject({
    kind: SpanKind.SERVER,
    parentSpanContext: { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), isRemote: true },
  });
  exporter.reset();
  const outer = trace.getTracer('work').startSpan('outer');
  await context.with(trace.setSpan(context.active(), outer), () => handler(post('{work}', { traceparent })));
  expect(finished().span).toMatchObject({
    kind: SpanKind.INTERNAL,
    parentSpanContext: { spanId: outer.spanContext().spanId },
  });
});

test.each([
  ['{items @stream}', ['a', 'b']],
  ['subscription {ticks(then:"end")}', ['a', 'resolve a', 'b', 'resolve b']],
])('the span of a stream ends with it, and is the parent of all that its parts need: %s', async (query, names) => {
  const response = await setUp()(post(query));
  expect(exporter.getFinishedSpans().filter(({ name }) => name !== 'a')).toEqual([]);
  // A host may read in the context of another request.
  const other = trace.getTracer('work').startSpan('other');
  await context.with(trace.setSpan(context.active(), other), () => response.text());
  expect(finished().children.sort()).toEqual(names.sort());
});

const unset = SpanStatusCode.UNSET;
const error = SpanStatusCode.ERROR;

test.each<[query: string, name: string, code: SpanStatusCode, attributes: object]>([
  ['{fail}', 'query', error, { 'graphql.response.errors': 1, 'error.type': 'INTERNAL_SERVER_ERROR' }],
  ['{work never: fail}', 'query', error, { 'error.type': 'INTERNAL_SERVER_ERROR' }],
  ['{', 'GraphQL Operation', error, { 'http.response.status_code': 400, 'error.type': 'GRAPHQL_PARSE_FAILED' }],
  [
    '{never}',
    'query',
    error,
    { 'http.response.status_code': 504, 'graphql.response.outcome': 'timeout', 'error.type': 'TIMEOUT' },
  ],
  [
    'subscription {ticks(then:"throw")}',
    'subscription',
    error,
    { 'graphql.response.outcome': 'failed', 'error.type': 'INTERNAL_SERVER_ERROR' },
  ],
])('%s', async (query, name, code, attributes) => {
  const handler = setUp({}, (handler) => deadline(handler, { maxMillis: 50 }));
  await (await handler(post(query))).text();
  const { span } = finished();
  expect(span).toMatchObject({ name, status: { code }, attributes, events: [] });
});

test('a client that leaves ends the span without an error', async () => {
  const controller = new AbortController();
  const { body } = await setUp()(post('subscription {ticks(then:"wait")}', {}, controller.signal));
  await body?.getReader().read();
  controller.abort();
  const { span } = finished();
  expect(span).toMatchObject({ status: { code: unset }, attributes: { 'graphql.response.outcome': 'disconnected' } });
  expect(span.attributes).not.toHaveProperty('error.type');
});

test('a handler that throws', async () => {
  const handler = tracing(
    async () => {
      throw new Error('no');
    },
    { tracerProvider: provider },
  );
  await expect(handler(post('{work}'))).rejects.toThrow('no');
  expect(finished().span).toMatchObject({ status: { code: error }, attributes: { 'error.type': 'failed' } });
});

test('the document and the name of the operation, for those who want them', async () => {
  await setUp({ includeDocument: true, includeOperationName: true })(post('query Q {work}'));
  expect(finished().span).toMatchObject({ name: 'query Q', attributes: { 'graphql.document': 'query Q {work}' } });
});

test('observe around it and inside it, where the span is active', async () => {
  const outside = vi.fn();
  const inside = vi.fn(() => trace.getActiveSpan());
  const handler = observe(
    setUp({}, (handler) => observe(handler, { onEnd: inside })),
    { onEnd: outside },
  );
  await handler(post('query Q {work}'));
  const { span } = finished();
  expect(span).toMatchObject({ name: 'query' });
  for (const onEnd of [outside, inside]) {
    expect(onEnd).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ operationName: 'Q' }), expect.anything());
  }
  expect(inside.mock.results[0]?.value?.spanContext()).toEqual(span.spanContext());
});

test('the instrumentation of HTTP makes the parent', async () => {
  const instrumentation = new HttpInstrumentation();
  onTestFinished(() => instrumentation.disable());
  const handler = setUp();
  instrumentation.setTracerProvider(provider);
  // The instrumentation sees what is required.
  const http: typeof import('node:http') = createRequire(import.meta.url)('node:http');
  const server = http.createServer(createRequestListener(handler)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { port } = server.address() as AddressInfo;
  const { headers, method, body } = post('{work}', { traceparent });
  const response = await fetch(`http://127.0.0.1:${port}/`, { method, headers, body, ...{ duplex: 'half' } });
  await response.text();
  const parent = await vi.waitFor(
    () => exporter.getFinishedSpans().find(({ name }) => name === 'POST') ?? expect.fail(),
  );
  const span = exporter.getFinishedSpans().find(({ name }) => name === 'query');
  expect(parent.parentSpanContext?.spanId).toBe(traceparent.slice(36, 52));
  expect(span).toMatchObject({ kind: SpanKind.INTERNAL, parentSpanContext: { spanId: parent.spanContext().spanId } });
});

test('without a provider, and with one that is registered later', async () => {
  const handler = tracing(createFetchHandler(() => createServer([tracingPlugin()])));
  expect(await (await handler(post('{work}'))).text()).toContain('"work"');
  expect(exporter.getFinishedSpans()).toEqual([]);
  trace.setGlobalTracerProvider(provider);
  await handler(post('{work}'));
  expect(finished()).toMatchObject({ span: { name: 'query' }, children: ['work'] });
});

test('what is not sampled is not recorded, and neither is what it does', async () => {
  const off = new BasicTracerProvider({
    sampler: new AlwaysOffSampler(),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  trace.setGlobalTracerProvider(provider);
  const handler = tracing(createFetchHandler(createServer()), { tracerProvider: off });
  const isSampled = vi.fn();
  const watched = tracing(
    async (request) => {
      isSampled(trace.getActiveSpan()?.spanContext().traceFlags);
      return await handler(request);
    },
    { tracerProvider: off },
  );
  expect(await (await watched(post('{items @stream}'))).text()).toContain('b');
  expect(isSampled).toHaveBeenCalledExactlyOnceWith(0);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test('where a platform ends with its response, spans are sent at once', async () => {
  const waitUntil = vi.fn();
  const forceFlush = vi.spyOn(provider, 'forceFlush');
  const handler = setUp({ tracerProvider: provider });
  await handler(post('{work}'));
  expect(forceFlush).not.toHaveBeenCalled();
  forceFlush.mockRejectedValueOnce(new Error('No collector.'));
  await handler(post('{work}'), { waitUntil });
  expect(forceFlush).toHaveBeenCalledOnce();
  for (const [promise] of waitUntil.mock.calls) await promise;
});

test('a processor that throws costs nobody a response', async () => {
  const fault = new Error('The disk is full.');
  const broken = new BasicTracerProvider({
    spanProcessors: [
      {
        onStart() {},
        onEnd() {
          throw fault;
        },
        async forceFlush() {},
        async shutdown() {},
      },
    ],
  });
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const handler = tracing(createFetchHandler(createServer()), { tracerProvider: broken });
  expect((await handler(post('{work}'))).status).toBe(200);
  expect(log).toHaveBeenCalledExactlyOnceWith(fault);
  log.mockRestore();
});
