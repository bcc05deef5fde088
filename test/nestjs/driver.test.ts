/** What `FetchDriver` adds, and what depends on its options. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApolloServerPlugin } from '@apollo/server';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, GraphQLSchemaHost, ResolverDecoratorHost } from '@nestjs/graphql';
import { printSchema } from 'graphql';
import supertest from 'supertest';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLambdaHandler } from '../../src/aws-lambda.ts';
import { FetchDriver, type FetchDriverConfig, type FetchDriverContext } from '../../src/nestjs.ts';
import { trustedDocuments } from '../../src/trusted-documents.ts';
import { multipart } from '../../src/uploads.ts';
import { createLogger } from '../apps/logger.ts';
import { appModule, BookModule, Events, Held, StoryModule } from './app.ts';
import { type Adapter, adapters, create, post, serve } from './serve.ts';

const config: FetchDriverConfig = { driver: FetchDriver, autoSchemaFile: true };

async function serveWith(adapter: Adapter, options: FetchDriverConfig = {}): Promise<string> {
  return await serve(await create(appModule({ ...config, ...options }), adapter));
}

function driverOf(app: Pick<INestApplication, 'get'>): FetchDriver {
  return app.get<GraphQLModule<FetchDriver>>(GraphQLModule).graphQlAdapter;
}

const graphql = (query: string) =>
  new Request('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-role': 'admin', authorization: 'Bearer secret' },
    body: JSON.stringify({ query }),
  });

describe.for(adapters)('%s', (adapter) => {
  test('without a context function, resolvers get the signal, and headers that keep several cookies', async () => {
    const response = await post(await serveWith(adapter), 'mutation { login }');
    expect(await response.json()).toEqual({ data: { login: 'welcome' } });
    expect(response.headers.getSetCookie()).toEqual(['session=1; HttpOnly', 'theme=dark']);
  });

  test('the signal aborts when the client disconnects', async () => {
    const origin = await serveWith(adapter);
    const client = new AbortController();
    const response = post(origin, '{ held }', { signal: client.signal });
    const before = Held.all.length;
    await expect.poll(() => Held.all.length).toBe(before + 1);
    client.abort();
    await expect(response).rejects.toThrow('aborted');
    expect(await Held.all.at(-1)?.ended).toBe('aborted');
  });

  test('the context function gets the request and the response of the framework', async () => {
    const seen: FetchDriverContext[] = [];
    class Person {
      name = 'Ada';
      greet = () => `Hello, ${this.name}`;
    }
    const origin = await serveWith(adapter, {
      context: (argument) => {
        seen.push(argument);
        return new Person();
      },
      plugins: [
        {
          requestDidStart: async ({ contextValue }) => {
            expect(contextValue).toBeInstanceOf(Person);
            return {};
          },
        } satisfies ApolloServerPlugin,
      ],
    });
    const response = await post(origin, '{ body }', { headers: { 'x-test': 'yes' } });
    // The value has no request, so it gets one.
    expect(await response.json()).toEqual({ data: { body: 'POST { body }' } });
    const [{ request, req, res, body } = {} as FetchDriverContext] = seen;
    expect(request.headers.get('x-test')).toBe('yes');
    expect(req).toHaveProperty('headers.x-test', 'yes');
    expect(typeof Object(res)[adapter === 'Express' ? 'cookie' : 'code']).toBe('function');
    expect(body).toEqual({ query: '{ body }' });
  });

  test('requests that share a context object each have their own request', async () => {
    const origin = await serveWith(adapter, { context: { region: 'eu' } });
    for (const role of ['admin', 'guest']) {
      const { data } = await (await post(origin, '{ guarded }', { headers: { 'x-role': role } })).json();
      expect(data).toEqual(role === 'admin' ? { guarded: 'for admins' } : null);
    }
  });

  test('modules have their own paths, below the global prefix if they ask for it', async () => {
    const app = await create(
      appModule(
        { ...config, path: '/books', include: [BookModule], useGlobalPrefix: true },
        { ...config, path: 'stories', include: [StoryModule] },
      ),
      adapter,
    );
    app.setGlobalPrefix('api');
    const origin = await serve(app);
    const statuses = async (query: string) =>
      await Promise.all(
        ['/api/books', '/stories', '/books'].map(async (path) => {
          const headers = { 'content-type': 'application/json' };
          return (await fetch(`${origin}${path}?query=${query}`, { headers })).status;
        }),
      );
    expect(await statuses('{hello}')).toEqual([200, 400, 404]);
    expect(await statuses('{story}')).toEqual([400, 200, 404]);
  });

  test('formatError sees the code of an HttpException, unless that is turned off', async () => {
    for (const [options, code] of [
      [{}, 'FORBIDDEN'],
      [{ autoTransformHttpErrors: false }, 'INTERNAL_SERVER_ERROR'],
    ] as const) {
      const origin = await serveWith(adapter, {
        ...options,
        formatError: ({ extensions }) => ({ message: `formatted ${extensions?.code}` }),
      });
      const { errors } = await (await post(origin, '{ forbidden }')).json();
      expect(errors).toEqual([{ message: `formatted ${code}` }]);
    }
  });

  test('plugins run: those of the options and the providers with either decorator', async () => {
    const origin = await serveWith(adapter, {
      plugins: [
        {
          requestDidStart: async () => ({
            willSendResponse: async ({ response }) => void response.http.headers.set('x-option', 'called'),
          }),
        },
      ],
    });
    const { headers } = await post(origin, '{ hello }');
    for (const name of ['x-option', 'x-own-plugin', 'x-nest-plugin']) expect(headers.get(name)).toBe('called');
  });

  test('a subscription gets the events that pass its filter, and its source is closed', async () => {
    const logged: unknown[] = [];
    const logger = createLogger((error) => void logged.push(error));
    const origin = await serveWith(adapter, { logger, subscriptions: { heartbeatIntervalMillis: 60_000 } });
    const client = new AbortController();
    const response = await post(origin, 'subscription { odd(failing: true) }', {
      headers: { accept: 'text/event-stream' },
      signal: client.signal,
    });
    let text = '';
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    // The filter fails for 3, and no further event follows 5.
    while (!text.includes('"odd":5')) text += (await reader?.read())?.value;
    expect(text.match(/"odd":\d/g)).toEqual(['"odd":1', '"odd":5']);
    expect(logged).toEqual([new Error('The filter failed')]);
    client.abort();
    await expect.poll(() => Events.opened.at(-1)?.isClosed).toBe(true);
  });

  test('limits, trusted documents and CORS', async () => {
    const origin = await serveWith(adapter, {
      handler: {
        maxBodyBytes: 100,
        documents: trustedDocuments({ documents: { hello: '{ hello }' } }),
      },
      cors: { origin: 'https://example.com' },
    });
    const headers = { origin: 'https://example.com' };
    const trusted = await post(origin, '', {
      headers,
      body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'hello' } } }),
    });
    expect(trusted.headers.get('access-control-allow-origin')).toBe('https://example.com');
    expect((await post(origin, '{ book { title } }')).status).toBe(400);
    expect((await post(origin, `{ hello } # ${'x'.repeat(100)}`)).status).toBe(413);
    const preflight = await fetch(`${origin}/graphql`, {
      method: 'OPTIONS',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'GET, POST']);
  });

  test('uploads', async () => {
    const origin = await serveWith(adapter, { handler: { multipart: multipart() } });
    const form = new FormData();
    const query = 'mutation ($file: Upload!) { countBytes(file: $file) }';
    form.append('operations', JSON.stringify({ query, variables: { file: null } }));
    form.append('map', JSON.stringify({ file: ['variables.file'] }));
    form.append('file', new File(['12345'], 'five.txt'));
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'apollo-require-preflight': 'yes' },
      body: form,
    });
    expect(await response.json()).toEqual({ data: { countBytes: 5 } });
  });

  test('app.close() lets a request end, accepts no other, and ends the streams of all modules at once', async () => {
    for (const stopOnApplicationShutdown of [false, true]) {
      const subscriptions = { heartbeatIntervalMillis: 60_000 };
      const options = { ...config, subscriptions, stopOnApplicationShutdown };
      const app = await create(appModule(options, { ...options, path: '/other' }), adapter);
      const origin = await serve(app);
      const streams = await Promise.all(
        ['/graphql', '/other'].map((path) =>
          fetch(`${origin}${path}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
            body: JSON.stringify({ query: 'subscription { odd }' }),
          }),
        ),
      );
      const before = Held.all.length;
      const response = post(origin, '{ held }');
      await expect.poll(() => Held.all.length).toBe(before + 1);
      const start = performance.now();
      // SIGTERM may come while the application closes itself.
      const closed = Promise.all([app.close(), app.close()]);
      await expect.poll(() => app.getHttpServer().listening).toBe(false);
      await expect(post(origin, '{ hello }')).rejects.toThrow('fetch failed');
      for (const stream of streams) expect(await stream.text()).toContain('"odd":5');
      Held.all.at(-1)?.end('in time');
      expect(await (await response).json()).toEqual({ data: { held: 'in time' } });
      await closed;
      // A module that waited for the streams of the other would take three seconds.
      expect(performance.now() - start).toBeLessThan(2500);
    }
  });

  test('a start that fails rejects app.init()', async () => {
    const failing = { serverWillStart: () => Promise.reject(new Error('No database')) };
    const app = await create(appModule({ ...config, plugins: [failing] }), adapter);
    await expect(app.init()).rejects.toThrow('No database');
    await app.close();
  });

  test('supertest needs no port', async () => {
    const app = await create(appModule(config), adapter);
    await app.init();
    onTestFinished(() => app.close());
    if (adapter === 'Fastify') await app.getHttpAdapter().getInstance().ready();
    await supertest(app.getHttpServer())
      .post('/graphql')
      .send({ query: '{ hello }' })
      .expect(200, { data: { hello: 'world' } });
  });
});

describe('without a server', () => {
  async function createContext(options: FetchDriverConfig = {}) {
    const app = await NestFactory.createApplicationContext(appModule({ ...config, ...options }), { logger: false });
    onTestFinished(() => app.close());
    return app;
  }

  test('the fetch handler serves guards, Passport and request-scoped providers', async () => {
    const { handler } = driverOf(await createContext());
    const response = await handler(graphql('{ guarded me body visitor }'));
    expect(await response.json()).toEqual({
      data: {
        guarded: 'for admins',
        me: 'Ada',
        body: 'POST { guarded me body visitor }',
        visitor: expect.stringMatching(/^\d+: undefined$/),
      },
    });
  });

  test('AWS Lambda calls it, and the context function gets the event', async () => {
    const app = await createContext({
      context: async (_argument, event) => ({ user: Object(event).requestContext.accountId }),
      plugins: [
        {
          requestDidStart: async ({ contextValue }) => {
            expect(contextValue).toMatchObject({ user: '123' });
          },
        },
      ],
    });
    const lambda = createLambdaHandler(driverOf(app).handler);
    const event = {
      version: '2.0',
      rawPath: '/graphql',
      rawQueryString: '',
      headers: { 'content-type': 'application/json', 'x-role': 'admin', host: 'localhost' },
      requestContext: { accountId: '123', http: { method: 'POST' } },
      body: JSON.stringify({ query: '{ guarded }' }),
      isBase64Encoded: false,
    };
    const context = { getRemainingTimeInMillis: () => 10_000 };
    const result = await lambda(event as never, context as never);
    expect(JSON.parse(String(result.body))).toEqual({ data: { guarded: 'for admins' } });
  });

  test('GraphQLSchemaHost has the schema, and instance the server', async () => {
    const app = await createContext();
    expect(printSchema(app.get(GraphQLSchemaHost).schema)).toContain('type Book');
    const result = await driverOf(app).instance.executeOperation({ query: '{ hello }' });
    expect(result.body).toMatchObject({ singleResult: { data: { hello: 'world' } } });
  });

  test('the hooks of ResolverDecoratorHost are called', async () => {
    const app = await createContext();
    const calls: unknown[] = [];
    const host = app.get(ResolverDecoratorHost, { strict: false });
    host.setOnRequestStartHook(({ operationName }) => {
      calls.push(['start', operationName]);
      return 'state';
    });
    host.setOnRequestEndHook(({ operationName, errors, state }) => {
      calls.push(['end', operationName, errors?.map(({ message }) => message), state]);
    });
    await driverOf(app).handler(graphql('query Named { forbidden }'));
    expect(calls).toEqual([
      ['start', undefined],
      ['end', 'Named', ['Not you'], 'state'],
    ]);
  });

  test('a schema in SDL, and the definitions for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'graphql.ts');
    const app = await createContext({
      autoSchemaFile: false,
      typeDefs: 'type Query { story: String }',
      include: [StoryModule],
      definitions: { path },
    });
    expect(await (await driverOf(app).handler(graphql('{ story }'))).json()).toEqual({
      data: { story: 'Once upon a time' },
    });
    expect(await readFile(path, 'utf8')).toContain('story(): Nullable<string>');
  });

  test('before app.init() there is no handler', async () => {
    const app = await create(appModule(config), 'Express');
    expect(() => driverOf(app).handler).toThrow('The NestJS application is not initialized');
  });
});
