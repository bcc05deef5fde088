import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { ApolloServer } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { httpCache } from '../../src/http-cache.ts';
import { createFetchHandler } from '../../src/index.ts';
import { createRequestListener } from '../../src/node.ts';
import { launchBrowser } from './browser.ts';

let url: string;
/** The methods and targets of the requests that have arrived. */
let received: string[];

beforeEach(() => {
  received = [];
});

beforeAll(async () => {
  const apollo = new ApolloServer({
    typeDefs: `
      directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
      type Query { hello(name: String): String @cacheControl(maxAge: 60) }
      type Mutation { rename(name: String): String }
    `,
    resolvers: {
      Query: { hello: (_parent: unknown, { name = 'world' }) => `Hello ${name}` },
      Mutation: { rename: (_parent: unknown, { name }: { name: string }) => name },
    },
  });
  const listener = createRequestListener(httpCache(createFetchHandler(apollo, { queryMethod: true })));
  const server = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    if (request.url === '/') response.setHeader('content-type', 'text/html').end('<!doctype html>');
    else listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return () => {
    server.closeAllConnections();
    server.close();
  };
});

const text = '{"data":{"hello":"Hello world"}}\n';
const init = { method: 'QUERY', headers: { 'content-type': 'application/json' }, body: '{"query":"{ hello }"}' };

test('fetch of Node.js', async () => {
  const response = await fetch(`${url}/graphql`, init);
  expect([response.status, await response.text()]).toEqual([200, text]);
  const conditional = { ...init.headers, 'if-none-match': response.headers.get('etag') ?? '' };
  expect((await fetch(`${url}/graphql`, { ...init, headers: conditional })).status).toBe(304);
});

test('curl, with the command of docs/http-query.md', async () => {
  const page = await readFile(new URL('../../docs/http-query.md', import.meta.url), 'utf8');
  const [command = ''] = /^curl .+$/m.exec(page) ?? [];
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `${command.replace('http://localhost:4000', url)} --silent`,
  ]);
  expect(stdout).toBe(text);
  expect(received).toEqual(['QUERY /graphql']);
});

test('fetch of Chromium, which sends each QUERY to the server', async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/`);
    received = [];
    const results = await page.evaluate(
      async ([target, init]) => {
        const results: [number, string | null, string][] = [];
        for (let count = 0; count < 2; count++) {
          const response = await fetch(target, init);
          results.push([response.status, response.headers.get('cache-control'), await response.text()]);
        }
        return results;
      },
      [`${url}/graphql`, init] as const,
    );
    expect(results).toEqual(Array(2).fill([200, 'max-age=60, public', text]));
    expect(received).toEqual(['QUERY /graphql', 'QUERY /graphql']);
  } finally {
    await browser.close();
  }
});

const hello = gql`
  query Hello($name: String) { hello(name: $name) }
`;
const rename = gql`
  mutation Rename { rename(name: "Ada") }
`;

test('Apollo Client, whose link is split', async () => {
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.QUERY,
    new HttpLink({ uri: `${url}/graphql`, fetchOptions: { method: 'QUERY' } }),
    new HttpLink({ uri: `${url}/mutations` }),
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.query({ query: hello, variables: { name: 'Ada' } });
  expect(data).toEqual({ hello: 'Hello Ada' });
  expect((await client.mutate({ mutation: rename })).data).toEqual({ rename: 'Ada' });
  expect(received).toEqual(['QUERY /graphql', 'POST /mutations']);
});

test('Apollo Client, whose link is not split, sends mutations by QUERY, and is told why they fail', async () => {
  const link = new HttpLink({ uri: `${url}/graphql`, fetchOptions: { method: 'QUERY' } });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const error = await client.mutate({ mutation: rename }).catch((error: unknown) => error);
  expect(CombinedGraphQLErrors.is(error) && error.errors).toMatchObject([{ message: 'QUERY executes no mutations.' }]);
});
