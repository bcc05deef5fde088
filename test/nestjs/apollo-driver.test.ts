/** The same requests to `ApolloDriver` and to `FetchDriver`. `docs/hosts/nestjs.md` names the differences. */

import { ApolloDriver } from '@nestjs/apollo';
import type { INestApplication } from '@nestjs/common';
import { beforeAll, describe, expect, test } from 'vitest';
import { FetchDriver } from '../../src/nestjs.ts';
import { appModule } from './app.ts';
import { adapters, create, post } from './serve.ts';

const json = { 'content-type': 'application/json' };
const body = (value: unknown): RequestInit => ({ method: 'POST', headers: json, body: JSON.stringify(value) });
const operation = (query: string): RequestInit => body({ query });

/** Requests whose responses are equal. */
const equal: Readonly<Record<string, RequestInit & { readonly path?: string }>> = {
  'a query': operation('{ hello }'),
  'a field resolver': operation('{ book { title shelf } }'),
  'a guard that refuses': operation('{ guarded }'),
  'a guard that lets pass': { ...operation('{ guarded }'), headers: { ...json, 'x-role': 'admin' } },
  'Passport without a token': operation('{ me }'),
  'Passport with a token': { ...operation('{ me }'), headers: { ...json, authorization: 'Bearer secret' } },
  'an interceptor': operation('{ intercepted }'),
  'a pipe': operation('{ piped(number: "41") }'),
  'a pipe that refuses': operation('{ piped(number: "x") }'),
  'an exception filter': operation('{ filtered }'),
  'an exception with 403': operation('{ forbidden }'),
  'an exception with 422': operation('{ invalid }'),
  'an error': operation('{ crash }'),
  'the request of a resolver': operation('{ body }'),
  'a mutation': operation('mutation { shout(text: "a") }'),
  'an unknown field': operation('{ nothing }'),
  'a syntax error': operation('{'),
  'a wrong variable': body({
    query: 'query ($number: String!) { piped(number: $number) }',
    variables: { number: 1 },
  }),
  'an unknown operation': body({ query: 'query A { hello }', operationName: 'B' }),
  'an unknown persisted query': body({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } }),
  'a subscription over HTTP': operation('subscription { odd }'),
  'a batch': body([{ query: '{ hello }' }, { query: '{ crash }' }]),
  'an empty batch': body([]),
  'a query by GET': { headers: json, path: '/graphql?query={hello}' },
  'a mutation by GET': { headers: json, path: '/graphql?query=mutation{shout(text:"a")}' },
  'a GET of a page of another origin': { path: '/graphql?query={hello}' },
  HEAD: { method: 'HEAD', headers: json, path: '/graphql?query={hello}' },
  'another media type': {
    ...operation('{ hello }'),
    headers: { 'content-type': 'text/plain', 'apollo-require-preflight': 'yes' },
  },
  'graphql-response+json': {
    ...operation('{ hello }'),
    headers: { ...json, accept: 'application/graphql-response+json' },
  },
};

/** Requests whose statuses differ: that of `ApolloDriver`, then that of `FetchDriver`. */
const different: Readonly<
  Record<string, RequestInit & { readonly path?: string; readonly Express: object; readonly Fastify: object }>
> = {
  'an error that asks for a status': { ...operation('{ status }'), Express: [200, 418], Fastify: [200, 418] },
  'a batch of eleven': { ...body(Array(11).fill({ query: '{ hello }' })), Express: [200, 400], Fastify: [200, 400] },
  'a form': {
    ...operation(''),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'apollo-require-preflight': 'yes' },
    body: 'query={hello}',
    Express: [200, 400],
    Fastify: [200, 400],
  },
  'another charset': {
    ...operation('{ hello }'),
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
    // Nest's own parser refuses it.
    Express: [415, 415],
    Fastify: [200, 415],
  },
  OPTIONS: { method: 'OPTIONS', headers: json, Express: [405, 204], Fastify: [400, 204] },
  PUT: { ...operation('{ hello }'), method: 'PUT', Express: [405, 405], Fastify: [404, 405] },
  'a path below': { ...operation('{ hello }'), path: '/graphql/below', Express: [200, 404], Fastify: [404, 404] },
};

describe.for(adapters)('%s', (adapter) => {
  const apps: INestApplication[] = [];
  beforeAll(async () => {
    for (const driver of [ApolloDriver, FetchDriver]) {
      const app = await create(appModule({ driver, autoSchemaFile: true, allowBatchedHttpRequests: true }), adapter);
      await app.listen(0, '127.0.0.1');
      apps.push(app);
    }
    return async () => void (await Promise.all(apps.map((app) => app.close())));
  });

  /** Sends a request to both applications. */
  async function ask({ path = '/graphql', ...init }: RequestInit & { readonly path?: string }): Promise<Response[]> {
    return await Promise.all(apps.map(async (app) => await fetch(`${await app.getUrl()}${path}`, init)));
  }

  test.for(Object.keys(equal))('%s gets the response of ApolloDriver', async (name) => {
    const [apollo, own] = await Promise.all(
      (await ask(equal[name] ?? {})).map(async (response) => {
        const headers = Object.fromEntries(response.headers);
        for (const host of ['date', 'etag', 'connection', 'keep-alive']) delete headers[host];
        return { status: response.status, headers, text: await response.text() };
      }),
    );
    expect(own).toEqual(apollo);
  });

  test.for(Object.keys(different))('%s gets another status', async (name) => {
    const { Express, Fastify, ...request } = different[name] ?? { Express: [], Fastify: [] };
    expect((await ask(request)).map(({ status }) => status)).toEqual({ Express, Fastify }[adapter]);
  });

  test('a body that is not JSON, and one that is too large', async () => {
    const malformed = await ask({ ...operation(''), body: '{' });
    const large = await ask(body({ query: '{ hello }', variables: { text: 'x'.repeat(1_100_000) } }));
    expect([...malformed, ...large].map(({ status }) => status)).toEqual([400, 400, 413, 413]);
    // On Express, both get the page of Nest's own parser.
    const isGraphQL = adapter === 'Fastify';
    for (const response of [malformed[1], large[1]]) {
      expect(Object.hasOwn((await response?.json()) as object, 'errors')).toBe(isGraphQL);
    }
  });

  test('a request-scoped provider is made for each request', async () => {
    for (const app of apps) {
      const visitors = await Promise.all(
        ['Ada', 'Grace'].map(async (name) => {
          const response = await post(await app.getUrl(), '{ visitor again: visitor }', {
            headers: { 'x-visitor': name },
          });
          return (await response.json()).data;
        }),
      );
      const [ada, grace] = visitors;
      expect(ada).toEqual({ visitor: expect.stringMatching(/^\d+: Ada$/), again: ada.visitor });
      expect(grace).toEqual({ visitor: expect.stringMatching(/^\d+: Grace$/), again: grace.visitor });
      expect(ada.visitor).not.toBe(grace.visitor.replace('Grace', 'Ada'));
    }
  });
});
