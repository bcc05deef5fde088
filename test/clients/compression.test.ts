import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { RemoteGraphQLDataSource } from '@apollo/gateway';
import { fetch as undiciFetch } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { createRequestListener } from '../../src/node.ts';
import { createApp } from '../apps/compression.ts';
import { launchBrowser } from './browser.ts';

const query = '{ text(length: 3000) }';
const body = gzipSync(JSON.stringify({ query }));
const data = { text: 'Ä1'.repeat(1500) };
const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

/** Serves the application and a page, and lists the encodings of requests and responses. */
async function serve() {
  const app = createApp();
  const encodings: unknown[] = [];
  const listener = createRequestListener(async (request, ...platform) => {
    const encoding = request.headers.get('content-encoding');
    const response = await app(request, ...platform);
    encodings.push([encoding, response.headers.get('content-encoding')]);
    return response;
  });
  const server = createServer((req, res) => {
    if (req.url === '/page') res.setHeader('content-type', 'text/html').end('<!doctype html>');
    else listener(req, res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, encodings };
}

test('fetch and undici', async () => {
  const { url, encodings } = await serve();
  for (const send of [fetch, undiciFetch]) {
    const response = await send(url, { method: 'POST', headers, body });
    expect(await response.json()).toEqual({ data });
  }
  expect(encodings).toEqual([
    ['gzip', 'gzip'],
    ['gzip', 'gzip'],
  ]);
});

test('curl', async () => {
  const { url, encodings } = await serve();
  const curl = promisify(execFile)('curl', [
    ...['--silent', '--compressed', '--header', 'content-type: application/json'],
    ...['--header', 'content-encoding: gzip', '--data-binary', '@-', url],
  ]);
  curl.child.stdin?.end(body);
  expect(JSON.parse((await curl).stdout)).toEqual({ data });
  expect(encodings).toEqual([['gzip', 'gzip']]);
});

test('Chromium, which also inflates what it has cached', async () => {
  const { url, encodings } = await serve();
  const browser = await launchBrowser();
  onTestFinished(async () => await browser.close());
  const page = await browser.newPage();
  await page.goto(`${url}page`);
  const results = await page.evaluate(async (query) => {
    const stream = new Response(JSON.stringify({ query })).body?.pipeThrough(new CompressionStream('gzip'));
    const compressed = await new Response(stream).arrayBuffer();
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const post = await fetch('/', { method: 'POST', headers, body: compressed });
    const get = () =>
      fetch(`/?query=${encodeURIComponent(query)}`, {
        headers: { 'apollo-require-preflight': '1' },
        cache: 'no-cache',
      });
    return [await post.json(), await (await get()).json(), await (await get()).json()];
  }, query);
  expect(results).toEqual([{ data }, { data }, { data }]);
  // The last response is a 304.
  expect(encodings).toEqual([
    ['gzip', 'gzip'],
    [null, 'gzip'],
    [null, null],
  ]);
});

test('a gateway', async () => {
  const { url, encodings } = await serve();
  const source = new RemoteGraphQLDataSource({ url });
  const response = await source.process({ request: { query }, context: {}, kind: 'loading schema' } as never);
  expect(response.data).toEqual(data);
  expect(encodings).toEqual([[null, 'gzip']]);
});

// https://www.apollographql.com/docs/graphos/routing/performance/traffic-shaping#compression
test('an Apollo Router that compresses its requests to subgraphs', async () => {
  const { url } = await serve();
  const sent = request(url, {
    method: 'POST',
    headers: {
      ...headers,
      accept: ['application/json', 'application/graphql-response+json'],
      'accept-encoding': 'gzip, br, deflate',
      'content-length': body.byteLength,
    },
  }).end(body);
  const [response] = await once(sent, 'response');
  expect([response.statusCode, response.headers['content-encoding']]).toEqual([200, 'gzip']);
  expect(JSON.parse(gunzipSync(await buffer(response)).toString())).toEqual({ data });
});
