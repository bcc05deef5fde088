import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { ApolloServer } from '@apollo/server';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { cors } from '../../src/cors.ts';
import { createFetchHandler } from '../../src/index.ts';
import { createRequestListener } from '../../src/node.ts';
import { createApp } from '../apps/front-door.ts';

const handler = createApp();

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: await sparticuz.executablePath(),
    // The package's own arguments are left out, because one of them turns web security off.
    args: ['--no-sandbox', '--disable-gpu'],
  });
});

afterAll(async () => {
  await browser.close();
});

/** Serves on a free port until the test ends. Each port is an origin of its own. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`Not a port: ${address}`);
  return `http://127.0.0.1:${address.port}`;
}

let friend: { page: Page; origin: string };
let stranger: typeof friend;
/** The methods of the requests that have reached the API, such as `OPTIONS` and `POST`. */
let methods: (string | undefined)[];
let cookies: (string | undefined)[];
let api: string;

async function openPage(): Promise<typeof friend> {
  const origin = await serve((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html>');
  });
  const context = await browser.newContext();
  onTestFinished(async () => await context.close());
  const page = await context.newPage();
  await page.goto(origin);
  return { page, origin };
}

interface FetchInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly credentials?: 'include' | 'omit';
}

/** Sends a request from a page, and returns the parts of the response that the page can read. */
async function ask({ page }: typeof friend, init: FetchInit = {}) {
  return await page.evaluate(
    async ([url, init]) => {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"query":"{hello}"}',
          ...init,
        });
        const headers = Object.fromEntries(response.headers);
        return { status: response.status, headers, text: await response.text() };
      } catch (error) {
        return String(error);
      }
    },
    [api, init] as const,
  );
}

beforeEach(async () => {
  friend = await openPage();
  stranger = await openPage();
  methods = [];
  cookies = [];
  api = await serveApi({});
});

async function serveApi(options: { readonly maxAge?: number }, served = handler): Promise<string> {
  const listener = createRequestListener(
    cors(
      async (request, ...platform) => {
        const response = await served(request, ...platform);
        response.headers.append('set-cookie', 'session=1; Path=/');
        response.headers.set('x-exposed', 'yes');
        response.headers.set('x-hidden', 'yes');
        return response;
      },
      { origin: (origin) => origin === friend.origin, credentials: true, exposedHeaders: ['x-exposed'], ...options },
    ),
  );
  return await serve((request: IncomingMessage, response) => {
    methods.push(request.method);
    cookies.push(request.headers.cookie);
    listener(request, response);
  });
}

test('a friend reads the response, and the headers that are exposed', async () => {
  const response = await ask(friend);
  expect(response).toMatchObject({
    status: 200,
    text: '{"data":{"hello":"world"}}\n',
    headers: { 'x-exposed': 'yes' },
  });
  expect(response).not.toHaveProperty('headers.x-hidden');
  expect(methods).toEqual(['OPTIONS', 'POST']);
});

test('a stranger is stopped by the preflight', async () => {
  expect(await ask(stranger)).toBe('TypeError: Failed to fetch');
  expect(methods).toEqual(['OPTIONS']);
});

test('a stranger without a preflight is refused by CSRF prevention, and reads nothing', async () => {
  expect(await ask(stranger, { headers: { 'content-type': 'text/plain' } })).toBe('TypeError: Failed to fetch');
  expect(await ask(friend, { headers: { 'content-type': 'text/plain' } })).toMatchObject({
    status: 400,
    text: expect.stringContaining('Cross-Site Request Forgery'),
  });
  expect(methods).toEqual(['POST', 'POST']);
});

test('a preflight is remembered', async () => {
  for (let i = 0; i < 3; i++) expect(await ask(friend)).toMatchObject({ status: 200 });
  expect(methods).toEqual(['OPTIONS', 'POST', 'POST', 'POST']);
});

test('a preflight is remembered no longer than its max-age', async () => {
  api = await serveApi({ maxAge: 0 });
  for (let i = 0; i < 2; i++) expect(await ask(friend)).toMatchObject({ status: 200 });
  expect(methods).toEqual(['OPTIONS', 'POST', 'OPTIONS', 'POST']);
});

test('cookies are sent only with credentials', async () => {
  await ask(friend, { credentials: 'include' });
  expect(await ask(friend, { credentials: 'include' })).toMatchObject({ status: 200 });
  expect(await ask(friend, { credentials: 'omit' })).toMatchObject({ status: 200 });
  const posts = cookies.filter((_cookie, index) => methods[index] === 'POST');
  expect(posts).toEqual([undefined, 'session=1', undefined]);
  expect(await ask(stranger, { credentials: 'include' })).toBe('TypeError: Failed to fetch');
});

test('a friend reads why it was refused', async () => {
  expect(await ask(friend, { body: '{' })).toMatchObject({
    status: 400,
    text: expect.stringContaining('Invalid JSON in the request body.'),
  });
  expect(await ask(friend, { body: ' '.repeat(200_000) })).toMatchObject({ status: 413 });
  expect(await ask(friend, { method: 'PUT' })).toBe('TypeError: Failed to fetch');
});

test('every QUERY is preflighted, even one that could be a form, and a friend reads its response', async () => {
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String } type Mutation { change: Int }',
    resolvers: { Query: { hello: () => 'world' } },
  });
  api = await serveApi({}, createFetchHandler(server, { queryMethod: true }));
  expect(await ask(stranger, { method: 'QUERY', headers: { 'content-type': 'text/plain' } })).toBe(
    'TypeError: Failed to fetch',
  );
  expect(methods).toEqual(['OPTIONS']);
  expect(await ask(friend, { method: 'QUERY' })).toMatchObject({ status: 200, text: '{"data":{"hello":"world"}}\n' });
  expect(await ask(friend, { method: 'QUERY', body: '{"query":"mutation { change }"}' })).toMatchObject({
    status: 422,
  });
  expect(methods).toEqual(['OPTIONS', 'OPTIONS', 'QUERY', 'QUERY']);
});

test('a friend reads a stream', async () => {
  expect(
    await ask(friend, {
      headers: { 'content-type': 'application/json', accept: 'multipart/mixed; deferSpec=20220824' },
      body: '{"query":"{__typename ...@defer{hello}}"}',
    }),
  ).toMatchObject({ status: 200, text: expect.stringMatching(/"hello":"world"[\s\S]*\r\n-----\r\n$/) });
});
