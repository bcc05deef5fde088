import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { gzip } from 'node:zlib';
import { ApolloServer } from '@apollo/server';
import compression from 'compression';
import express from 'express';
import Fastify from 'fastify';
import { createApp, eventHandler, fromNodeMiddleware, readBody, toNodeListener } from 'h3';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import Koa from 'koa';
import { expect, onTestFinished, test } from 'vitest';
import { createFetchHandler } from '../../src/index.ts';
import { createRequestListener, type NodeIncoming, toRequest } from '../../src/node.ts';
import { createApp as createIncrementalApp } from '../apps/incremental.ts';
import { createLogger } from '../apps/logger.ts';
import { createApp as createSubscriptionsApp } from '../apps/subscriptions.ts';
import { listen } from './node-server.ts';

const logged: unknown[] = [];

/** Creates a handler that sets two cookies and `Vary`. Its queries return the URL of the request or a given text. */
function createHandler() {
  const server = new ApolloServer<{ url: string }>({
    typeDefs: 'type Query { url: String, echo(text: String!): String }',
    resolvers: { Query: { url: (_parent, _args, { url }) => url, echo: (_parent, { text }) => text } },
    includeStacktraceInErrorResponses: false,
    logger: createLogger((message) => logged.push(message)),
  });
  onTestFinished(() => void logged.splice(0));
  return createFetchHandler(server, {
    maxBodyBytes: 200,
    context: async ({ request, responseHeaders }) => {
      responseHeaders.append('set-cookie', 'b=2');
      responseHeaders.append('set-cookie', 'c=3');
      responseHeaders.set('vary', 'Accept');
      return { url: request.url };
    },
  });
}

const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ url }"}' };
const echo = (text: string) => JSON.stringify({ query: `{ echo(text: "${text}") }` });

/** Posts the query, and returns what depends on the framework. */
async function ask(url: string, options: RequestInit = {}) {
  const response = await fetch(url, { ...init, ...options });
  const { headers } = response;
  return {
    status: response.status,
    type: headers.get('content-type'),
    cookies: headers.getSetCookie(),
    vary: headers.get('vary'),
    hook: headers.get('x-hook'),
    json: await response.json(),
  };
}

const expected = (url: string) => ({
  status: 200,
  type: 'application/json; charset=utf-8',
  cookies: ['a=1', 'b=2', 'c=3'],
  vary: 'Origin, Accept',
  hook: '1',
  json: { data: { url } },
});

/** An Express middleware that sets a cookie, `Vary` and a header. */
const before: express.RequestHandler = (_req, res, next) => {
  res.cookie('a', '1', { path: undefined, encode: String });
  res.setHeader('set-cookie', 'a=1');
  res.vary('Origin').setHeader('x-hook', '1');
  next();
};

/** The middleware that may have read the body before the handler. */
const parsers: [string, express.RequestHandler[]][] = [
  ['nothing', []],
  ['express.json()', [express.json()]],
  ['express.text()', [express.text({ type: '*/*' })]],
  ['express.raw()', [express.raw({ type: '*/*' })]],
  [
    'a parser that keeps rawBody',
    [
      express.json({
        verify: (req, _res, bytes) => {
          Object.assign(req, { rawBody: bytes });
        },
      }),
      (req, _res, next) => {
        req.body = { query: '{ wrong }' };
        next();
      },
    ],
  ],
];

test.each(parsers)('Express, the body read by %s', async (_name, handlers) => {
  const app = express().use(before, ...handlers);
  app.use('/api', createRequestListener(createHandler()));
  const url = `http://127.0.0.1:${await listen(createServer(app))}/api/graphql?a=b`;
  expect(await ask(url)).toEqual(expected(url));

  const { status, json } = await ask(url, { body: echo('x'.repeat(200)) });
  expect([status, json.errors[0].message]).toEqual([413, 'The request body is larger than 200 bytes.']);
  expect(logged).toEqual([]);
});

test('a body that a parser has decompressed is read, and held to the limit as it is then', async () => {
  const app = express().use(express.json(), createRequestListener(createHandler()));
  const url = `http://127.0.0.1:${await listen(createServer(app))}/`;
  const headers = { ...init.headers, 'content-encoding': 'gzip' };
  const send = async (body: string) => await ask(url, { headers, body: await promisify(gzip)(body) });
  expect((await send(init.body)).json).toEqual({ data: { url } });
  expect((await send(echo('x'.repeat(200)))).status).toBe(413);
});

test.each<[string, unknown, string | undefined, string]>([
  ['an object', { query: '{ url }' }, 'application/json', '{"query":"{ url }"}'],
  ['an array', [], 'application/graphql-response+json; charset=utf-8', '[]'],
  ['a text', 'ä', 'text/plain', 'ä'],
  ['bytes', Buffer.from('bytes'), undefined, 'bytes'],
  ['bytes of another realm', runInNewContext('Uint8Array.of(97)'), undefined, 'a'],
])('a parsed body is read again, of %s', async (_name, body, type, text) => {
  const seen = await readParsed({ body }, type, async (request) => {
    const { headers, bodyUsed } = request;
    return [bodyUsed, headers.get('content-length'), await request.text(), request.bodyUsed];
  });
  expect(seen).toEqual([false, String(Buffer.byteLength(text)), text, true]);
});

test.each<[string, (request: Request) => Promise<unknown>]>([
  ['an array buffer', async (request) => new TextDecoder().decode(await request.arrayBuffer())],
  ['a clone', (request) => request.clone().text()],
  ['a reader', async ({ body }) => new TextDecoder().decode((await body?.getReader().read())?.value)],
])('a parsed body is read as %s', async (_name, read) => {
  expect(await readParsed({ body: { a: 1 } }, 'application/json', read)).toBe('{"a":1}');
});

test('a parsed form is not read as JSON, and its body counts as used', async () => {
  const seen = await readParsed({ body: { a: '1' } }, 'application/x-www-form-urlencoded', async (request) => [
    request.bodyUsed,
    await request.text().catch((error) => error),
  ]);
  expect(seen).toEqual([true, expect.any(TypeError)]);
});

const throwing: PropertyDescriptor = {
  get() {
    throw new Error('Invalid JSON');
  },
};

test.each<[string, PropertyDescriptorMap, number]>([
  ['a getter that throws', { body: throwing }, 400],
  ['a getter that throws, for its bytes', { rawBody: throwing }, 400],
  ['a value that JSON cannot hold', { body: { value: { query: 1n } } }, 400],
  [
    'a getter that throws, for its bytes, beside the value',
    { rawBody: throwing, body: { value: { query: '{ url }' } } },
    200,
  ],
])('a body that was kept as %s', async (_name, properties, status) => {
  const listener = createRequestListener(createHandler());
  const port = await listen(
    createServer(async (req, res) => {
      await buffer(req);
      listener(Object.defineProperties(req, properties), res);
    }),
  );
  expect((await ask(`http://127.0.0.1:${port}/`)).status).toBe(status);
  expect(logged).toEqual([]);
});

/** Calls `look` with a request whose body was already read to its end, and returns the result. */
async function readParsed(
  properties: Partial<NodeIncoming>,
  type: string | undefined,
  look: (request: Request) => Promise<unknown>,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const listener = createRequestListener(async (request) => {
    await look(request).then(resolve, reject);
    return new Response();
  });
  const port = await listen(
    createServer(async (req, res) => {
      await buffer(req);
      listener(Object.assign(req, properties), res);
    }),
  );
  const headers: HeadersInit = type === undefined ? {} : { 'content-type': type };
  await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: new Uint8Array(99) });
  return await promise;
}

function createFastify() {
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('set-cookie', 'a=1').header('x-hook', '1');
  });
  onTestFinished(() => app.close());
  return app;
}

test('Fastify sends the response, with what its hooks have set', async () => {
  const app = createFastify();
  const handler = createHandler();
  app.all('/graphql', async (request, reply) => reply.send(await handler(toRequest(request.raw, reply.raw))));
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  expect(await ask(url)).toEqual({ ...expected(url), vary: 'Accept' });

  const response = await app.inject({ ...init, method: 'POST', url: '/graphql', payload: init.body });
  expect([response.statusCode, response.json()]).toEqual([200, { data: { url: 'http://localhost:80/graphql' } }]);
});

test('a listener in Fastify responds to what app.inject() sends', async () => {
  const app = createFastify();
  const listener = createRequestListener(createHandler());
  app.all('/graphql', async (request, reply) => {
    reply.hijack();
    await listener(request.raw, reply.raw);
  });
  const response = await app.inject({ method: 'POST', url: '/graphql', headers: init.headers, payload: init.body });
  expect([response.statusCode, response.json()]).toEqual([200, { data: { url: 'http://localhost:80/graphql' } }]);
  expect(response.headers['set-cookie']).toEqual(['b=2', 'c=3']);
});

test('Fastify with its own parser: its body stands for that of the request', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  const handler = createHandler();
  app.all('/graphql', async (request, reply) =>
    reply.send(await handler(toRequest(Object.assign(request.raw, { body: request.body }), reply.raw))),
  );
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  expect((await ask(url)).json).toEqual({ data: { url } });
});

test('h3 1, whose readBody has read the body', async () => {
  const app = createApp()
    .use(eventHandler(async (event) => void (await readBody(event))))
    .use(fromNodeMiddleware(createRequestListener(createHandler())));
  const url = `http://127.0.0.1:${await listen(createServer(toNodeListener(app)))}/`;
  expect((await ask(url)).json).toEqual({ data: { url } });
});

test('Koa sends the response, with what its middleware has set', async () => {
  const handler = createHandler();
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set('x-hook', '1');
    await next();
  });
  app.use(async (ctx) => {
    ctx.body = await handler(toRequest(ctx.req, ctx.res));
  });
  const url = `http://127.0.0.1:${await listen(createServer(app.callback()))}/graphql`;
  const { status, hook, json } = await ask(url);
  expect([status, hook, json]).toEqual([200, '1', { data: { url } }]);
});

test('Hono with its bodyLimit, given a native request', async () => {
  const handler = createHandler();
  const app = new Hono().use(bodyLimit({ maxSize: 100 })).all('/graphql', (c) => handler(c.req.raw));
  const listener = createRequestListener((request) => app.fetch(new Request(request.url, request)));
  const url = `http://127.0.0.1:${await listen(createServer(listener))}/graphql`;
  // A stream has no length, so Hono counts it while it reads it, and creates another request from it.
  const send = (body: string) => {
    const options = { ...init, body: new Blob([body]).stream(), duplex: 'half' };
    return fetch(url, options);
  };
  expect(await (await send(init.body)).json()).toEqual({ data: { url } });
  expect((await send(echo('x'.repeat(100)))).status).toBe(413);
});

test.each([
  ['text/event-stream', 'subscription { silent(run: "a") }', ':\n'],
  ['multipart/mixed; subscriptionSpec=1.0', 'subscription { silent(run: "a") }', '\r\n--graphql'],
  ['multipart/mixed; deferSpec=20220824', '{ hello ... @defer { gated } }', '\r\n---'],
])('the compression middleware of Express does not hold parts back: %s', async (accept, query, start) => {
  const app = query.startsWith('{') ? createIncrementalApp() : createSubscriptionsApp();
  const listener = express().use(compression({ filter: () => true }), createRequestListener(app));
  const url = `http://127.0.0.1:${await listen(createServer(listener))}`;
  const headers = { ...init.headers, accept, 'accept-encoding': 'gzip' };
  const response = await fetch(`${url}/graphql`, { ...init, headers, body: JSON.stringify({ query }) });
  // The next part comes when the client leaves, or when the field is opened.
  const { value } = (await response.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value).slice(0, start.length)).toBe(start);
  await fetch(`${url}/open?run=none`);
});
