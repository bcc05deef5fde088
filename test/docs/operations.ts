import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, vi } from 'vitest';
import { post } from './process.ts';

/** A span as OTLP writes it in JSON. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1 is internal, 2 is of a server. */
  readonly kind: number;
}

/** Listens for POST requests on a free port of the loopback interface, and passes on their bodies. */
export async function listen(onBody: (body: string) => void): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(async (request, response) => {
    onBody(await text(request));
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs a collector that speaks OTLP over HTTP in JSON. */
export async function withCollector(use: (port: number, spans: Span[]) => Promise<void>): Promise<void> {
  const spans: Span[] = [];
  await using collector = await listen((body) => {
    const { resourceSpans = [] } = JSON.parse(body);
    for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
  });
  await use(collector.port, spans);
}

const kinds = { internal: 1, server: 2 };

/** Expects one span for a request, in the trace of its client, and the span of its resolver below. */
export async function expectTraces(
  url: string,
  spans: Span[],
  { kind, parent }: { readonly kind: keyof typeof kinds; readonly parent: boolean },
): Promise<void> {
  spans.length = 0;
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const caller = 'b7ad6b7169203331';
  const response = await post(url, '{ hello }', { traceparent: `00-${traceId}-${caller}-01` });
  expect(await response.text()).toBe('{"data":{"hello":"world"}}\n');
  const of = (name: string) => spans.filter((span) => span.name === name);
  await vi.waitFor(() => expect([of('query').length, of('load').length]).toEqual([1, 1]), 15_000);
  const [query = expect.fail()] = of('query');
  const [load = expect.fail()] = of('load');
  expect(query).toMatchObject({ traceId, kind: kinds[kind] });
  if (parent) expect(query.parentSpanId).toBe(caller);
  else expect(spans.find(({ spanId }) => spanId === query.parentSpanId)).toMatchObject({ kind: kinds.server });
  expect(load).toMatchObject({ traceId, parentSpanId: query.spanId });
}
