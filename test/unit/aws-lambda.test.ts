import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ApolloServer } from '@apollo/server';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createLambdaHandler,
  createLambdaStreamHandler,
  type LambdaContext,
  type LambdaEvent,
  type LambdaEventV1,
  type LambdaEventV2,
  type LambdaResult,
} from '../../src/aws-lambda.ts';
import { createFetchHandler } from '../../src/index.ts';

const context = { getRemainingTimeInMillis: () => 30_000 };

// These events have the shapes that AWS's documentation and libraries show.
const functionURL: LambdaEventV2 = {
  rawPath: '/graphql',
  rawQueryString: 'a=1&a=%2B&b=%26+c',
  cookies: ['one=1', 'two=2'],
  headers: { 'content-type': 'application/json', host: 'abc.lambda-url.eu-central-1.on.aws', 'x-list': '1,2' },
  requestContext: { domainName: 'abc.lambda-url.eu-central-1.on.aws', http: { method: 'POST' } },
  body: '{"query":"{ hello }"}',
  isBase64Encoded: false,
};

const restAPI: LambdaEventV1 = {
  httpMethod: 'POST',
  path: '/graphql',
  headers: { 'Content-Type': 'application/json', Host: 'abc.execute-api.eu-central-1.amazonaws.com', 'X-List': '2' },
  multiValueHeaders: {
    'Content-Type': ['application/json'],
    Cookie: ['one=1', 'two=2'],
    Host: ['abc.execute-api.eu-central-1.amazonaws.com'],
    'X-List': ['1', '2'],
  },
  queryStringParameters: { a: '+', b: '& c' },
  multiValueQueryStringParameters: { a: ['1', '+'], b: ['& c'] },
  requestContext: { domainName: 'abc.execute-api.eu-central-1.amazonaws.com' },
  body: '{"query":"{ hello }"}',
  isBase64Encoded: false,
};

const elb = { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/graphql/6d0e' };

const multiValueBalancer: LambdaEventV1 = {
  httpMethod: 'POST',
  path: '/graphql',
  multiValueHeaders: {
    'content-type': ['application/json'],
    cookie: ['one=1; two=2'],
    host: ['graphql-123.eu-central-1.elb.amazonaws.com'],
    'x-forwarded-proto': ['http'],
    'x-list': ['1', '2'],
  },
  multiValueQueryStringParameters: { a: ['1', '%2B'], b: ['%26+c'] },
  requestContext: { elb },
  body: '{"query":"{ hello }"}',
  isBase64Encoded: false,
};

const loadBalancer: LambdaEventV1 = {
  httpMethod: 'POST',
  path: '/graphql',
  headers: {
    'content-type': 'application/json',
    cookie: 'one=1; two=2',
    host: 'graphql-123.eu-central-1.elb.amazonaws.com',
    'x-forwarded-proto': 'http',
    'x-list': '2',
  },
  queryStringParameters: { a: '%2B', b: '%26+c' },
  requestContext: { elb },
  body: '{"query":"{ hello }"}',
  isBase64Encoded: false,
};

const fronts = { functionURL, restAPI, multiValueBalancer, loadBalancer };

/** Returns the request that a handler gets for an event. */
async function requestOf(event: LambdaEvent): Promise<Request> {
  let seen: Request | undefined;
  await createLambdaHandler((request) => {
    seen = request;
    return new Response();
  })(event, context);
  if (seen === undefined) throw new Error('The handler was not called.');
  return seen;
}

async function resultOf(event: LambdaEvent, response: Response): Promise<LambdaResult> {
  return await createLambdaHandler(() => response)(event, context);
}

function execute(event: LambdaEvent, maxBodyBytes = 1000): Promise<LambdaResult> {
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String, echo(text: String): String }',
    resolvers: { Query: { hello: () => 'world', echo: (_, { text }) => text } },
    includeStacktraceInErrorResponses: false,
  });
  return createLambdaHandler(createFetchHandler(server, { maxBodyBytes }))(event, context);
}

describe('an event becomes a request', () => {
  test.for(Object.entries(fronts))('%s', async ([name, event]) => {
    const request = await requestOf(event);
    const url = new URL(request.url);
    expect({
      method: request.method,
      protocol: url.protocol,
      host: url.host.split('.')[0],
      path: url.pathname,
      parameters: [...url.searchParams],
      cookie: request.headers.get('cookie'),
      type: request.headers.get('content-type'),
      body: await request.text(),
    }).toEqual({
      method: 'POST',
      protocol: /balancer/i.test(name) ? 'http:' : 'https:',
      host: /balancer/i.test(name) ? 'graphql-123' : 'abc',
      path: '/graphql',
      // A load balancer without multi-value headers keeps the last of several values.
      parameters: [...(name === 'loadBalancer' ? [] : [['a', '1']]), ['a', '+'], ['b', '& c']],
      cookie: 'one=1; two=2',
      type: 'application/json',
      body: '{"query":"{ hello }"}',
    });
    expect(request.headers.get('x-list')?.replace(' ', '')).toBe(name === 'loadBalancer' ? '2' : '1,2');
  });

  test('the query string of a Function URL is that of the client', async () => {
    const { url } = await requestOf({ ...functionURL, rawQueryString: 'query=%7Bhello%7D&b=%26+c&d' });
    expect(url.slice(url.indexOf('?'))).toBe('?query=%7Bhello%7D&b=%26+c&d');
  });

  test('what an event leaves out or sets to null', async () => {
    const empty = { body: null, headers: null, multiValueHeaders: null, queryStringParameters: null };
    expect((await requestOf({ ...empty, httpMethod: 'GET', path: '/' })).url).toBe('https://localhost/');
    const bare = { rawPath: '', rawQueryString: '', requestContext: { http: { method: 'POST' } } };
    const request = await requestOf(bare);
    expect({ url: request.url, body: request.body, headers: [...request.headers] }).toEqual({
      url: 'https://localhost/',
      body: null,
      headers: [],
    });
  });

  test('a GET has no body, whatever the event says', async () => {
    const { method, body } = await requestOf({ ...loadBalancer, httpMethod: 'GET', body: '{"query":"{ hello }"}' });
    expect([method, body]).toEqual(['GET', null]);
  });

  test('a body gets no media type that its client has not sent', async () => {
    const request = await requestOf({ ...functionURL, headers: {} });
    expect(request.headers.get('content-type')).toBeNull();
  });

  test.for([1, 256, 49_152, 200_000])('a body in base64 is bytes: %i', async (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i * i);
    const body = Buffer.from(bytes).toString('base64');
    expect(await (await requestOf({ ...restAPI, body, isBase64Encoded: true })).bytes()).toEqual(bytes);
  });

  test('headers of only one map count', async () => {
    const request = await requestOf({ ...restAPI, headers: { 'x-a': '1' }, multiValueHeaders: { 'x-b': ['2', '3'] } });
    expect([request.headers.get('x-a'), request.headers.get('x-b')]).toEqual(['1', '2, 3']);
  });

  test('the spelling of a header may differ between the maps', async () => {
    const multiValueHeaders = { 'x-list': ['1', '2'], COOKIE: ['one=1', 'two=2'] };
    const { headers } = await requestOf({ ...restAPI, headers: { 'X-List': '2', Cookie: 'two=2' }, multiValueHeaders });
    expect([...headers]).toEqual([
      ['cookie', 'one=1; two=2'],
      ['x-list', '1, 2'],
    ]);
  });

  test.for(Object.entries(fronts))(
    'a header outside of ASCII has the bytes that its client sent, for %s',
    async ([, event]) => {
      const values = { 'x-city': 'Łódź', 'x-name': 'José', cookie: 'name=🚀' };
      const headers = event.headers && { ...event.headers, ...values };
      const multiValueHeaders =
        'multiValueHeaders' in event &&
        Object.fromEntries(
          Object.entries({ ...event.multiValueHeaders, ...values }).map(([name, value]) => [name, [value].flat()]),
        );
      const request = await requestOf({
        ...event,
        ...(headers && { headers }),
        ...(multiValueHeaders && { multiValueHeaders }),
        ...('cookies' in event && { cookies: [values.cookie] }),
      } as LambdaEvent);
      for (const [name, value] of Object.entries(values)) {
        expect(Buffer.from(request.headers.get(name) ?? '', 'latin1').toString()).toContain(value);
      }
    },
  );

  test('the handler gets the event and the context', async () => {
    const seen: unknown[] = [];
    await createLambdaHandler((_request, ...platform) => {
      seen.push(...platform);
      return new Response();
    })(functionURL, context);
    expect(seen).toEqual([functionURL, context]);
  });
});

describe('a response becomes a result', () => {
  const cookies = ['a=1; Path=/', 'b=2'];
  const create = () => {
    const response = new Response('{"data":null}', { status: 201, headers: { 'content-type': 'application/json' } });
    for (const cookie of cookies) response.headers.append('set-cookie', cookie);
    return response;
  };
  const headers = { 'content-type': 'application/json' };
  const body = { statusCode: 201, body: '{"data":null}', isBase64Encoded: false };

  test('for a Function URL and an HTTP API', async () => {
    expect(await resultOf(functionURL, create())).toEqual({ ...body, headers, cookies });
  });

  test('for a REST API', async () => {
    expect(await resultOf(restAPI, create())).toEqual({
      ...body,
      headers,
      multiValueHeaders: { 'set-cookie': cookies },
    });
  });

  test('for a load balancer with multi-value headers', async () => {
    expect(await resultOf(multiValueBalancer, create())).toEqual({
      ...body,
      headers,
      multiValueHeaders: { 'content-type': ['application/json'], 'set-cookie': cookies },
    });
  });

  test('for a load balancer without them, which can send one cookie', async () => {
    expect(await resultOf(loadBalancer, create())).toEqual({ ...body, headers: { ...headers, 'set-cookie': 'b=2' } });
  });

  test.for(Object.entries(fronts))('without cookies and without a body, for %s', async ([, event]) => {
    const result = await resultOf(event, new Response(null, { status: 204 }));
    expect(result).toMatchObject({ statusCode: 204, headers: {}, body: '', isBase64Encoded: false });
    expect(JSON.stringify(result)).not.toContain('set-cookie');
  });

  test('text stays as it is, with a BOM and outside of ASCII', async () => {
    const text = '\uFEFFgrüß 日本 🎉\0';
    expect(await resultOf(restAPI, new Response(text))).toMatchObject({ body: text, isBase64Encoded: false });
  });

  test('bytes that are no text are base64', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
    const result = await resultOf(functionURL, new Response(bytes));
    expect(result.isBase64Encoded).toBe(true);
    expect(new Uint8Array(Buffer.from(result.body, 'base64'))).toEqual(bytes);
  });
});

describe('an attack', () => {
  test.for(['/graphql?query={forged}', '/graphql#', '\\graphql?query={forged}'])(
    'a path cannot replace the query: %s',
    async (path) => {
      for (const event of [
        { ...functionURL, rawPath: path, rawQueryString: 'query=%7Bhello%7D' },
        { ...restAPI, path, multiValueQueryStringParameters: { query: ['{hello}'] }, queryStringParameters: null },
      ]) {
        const { searchParams, hash } = new URL((await requestOf(event)).url);
        expect([...searchParams, hash]).toEqual([['query', '{hello}'], '']);
      }
    },
  );

  test('a path cannot become part of the host', async () => {
    const { hostname, pathname } = new URL((await requestOf({ ...functionURL, rawPath: '.evil.example/graphql' })).url);
    expect([hostname, pathname]).toEqual(['abc.lambda-url.eu-central-1.on.aws', '/.evil.example/graphql']);
  });

  test('a parameter cannot begin another one', async () => {
    const event = {
      ...restAPI,
      multiValueQueryStringParameters: { 'x&query': ['{forged}#'] },
      queryStringParameters: {},
    };
    expect([...new URL((await requestOf(event)).url).searchParams]).toEqual([['x&query', '{forged}#']]);
    const raw = { ...loadBalancer, queryStringParameters: { query: '{hello}#x' } };
    expect([...new URL((await requestOf(raw)).url).searchParams]).toEqual([['query', '{hello}#x']]);
  });

  test.for(['a/?query={forged}&x=', 'evil.example/graphql', 'a b', 'example.com:99999', '<script>', ''])(
    'Host: %s does not reach the URL',
    async (host) => {
      const request = await requestOf({ ...functionURL, headers: { ...functionURL.headers, host } });
      expect(new URL(request.url).host).toBe('abc.lambda-url.eu-central-1.on.aws');
    },
  );

  test('a Host with a path gets a 400', async () => {
    const headers = { ...functionURL.headers, host: 'a/?query={forged}&x=' };
    expect(await execute({ ...functionURL, headers })).toMatchObject({ statusCode: 400 });
  });

  test.for(['{"query":"{ hello }"}', `${'IAAA'.repeat(10_000)}\n${'IAAA'.repeat(10_000)}`])(
    'base64 that is none gets a 400',
    async (body) => {
      const result = await execute({ ...functionURL, body, isBase64Encoded: true }, 1_000_000);
      expect(result).toMatchObject({ statusCode: 400, body: expect.stringContaining('BAD_REQUEST') });
    },
  );

  test.for([
    ['half a surrogate pair', { ...restAPI, multiValueQueryStringParameters: { query: ['\ud800'] } }],
    ['a header with a line break', { ...functionURL, headers: { 'x-a': '1\r\nx-b: 2' } }],
    ['a header name with a space', { ...restAPI, headers: { 'x a': '1' } }],
    ['a method that no request can have', { ...restAPI, httpMethod: 'TRACE' }],
  ] satisfies [string, LambdaEvent][])('%s gets a 400', async ([, event]) => {
    expect(await execute(event)).toMatchObject({
      statusCode: 400,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
      body: '{"errors":[{"message":"Invalid request.","extensions":{"code":"BAD_REQUEST"}}]}\n',
      isBase64Encoded: false,
    });
  });

  test('base64 that is not declared as base64 is not JSON', async () => {
    const body = Buffer.from('{"query":"{ hello }"}').toString('base64');
    const result = await execute({ ...functionURL, body });
    expect([result.statusCode, result.body]).toEqual([400, expect.stringContaining('Invalid JSON')]);
  });

  test.for(['0', '1', '999999', undefined])(
    'a body over maxBodyBytes gets a 413, with content-length %s',
    async (length) => {
      const body = JSON.stringify({ query: '{ hello }', padding: 'x'.repeat(1000) });
      const headers = { 'content-type': 'application/json', ...(length && { 'content-length': length }) };
      for (const event of [{ body }, { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }]) {
        expect(await execute({ ...functionURL, headers, ...event })).toMatchObject({ statusCode: 413 });
      }
    },
  );

  test.for([
    ['before it is decoded', '3000000', 0],
    ['after as much as the limit', undefined, 3],
  ] as const)('base64 over maxBodyBytes is refused %s', async ([, length, slices]) => {
    const decode = vi.spyOn(globalThis, 'atob');
    onTestFinished(() => decode.mockRestore());
    const headers = { 'content-type': 'application/json', ...(length && { 'content-length': length }) };
    const event = { ...functionURL, headers, body: Buffer.alloc(3_000_000).toString('base64'), isBase64Encoded: true };
    expect(await execute(event, 100_000)).toMatchObject({ statusCode: 413 });
    expect(decode).toHaveBeenCalledTimes(slices);
  });

  test.for([
    ['a schedule', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }],
    ['a warm-up', { source: 'serverless-plugin-warmup' }],
    ['a queue', { Records: [] }],
    ['nothing', {}],
  ])('an event of %s makes the function reject', async ([, event]) => {
    await expect(execute(event as LambdaEvent)).rejects.toThrow(
      `Not an event of API Gateway, a load balancer or a Function URL. Its keys are: ${Object.keys(event as object).join(', ')}`,
    );
  });
});

describe('the deadline', () => {
  test('aborts the signal before the function times out, and not after the response', async () => {
    vi.useFakeTimers();
    try {
      for (const [remaining, notice] of [
        [30_000, 1000],
        [500, 50],
      ] as const) {
        let signal: AbortSignal | undefined;
        const respond = Promise.withResolvers<Response>();
        const result = createLambdaHandler((request) => {
          signal = request.signal;
          return respond.promise;
        })(functionURL, { getRemainingTimeInMillis: () => remaining });
        vi.advanceTimersByTime(remaining - notice - 1);
        expect(signal?.aborted).toBe(false);
        vi.advanceTimersByTime(1);
        expect(signal?.reason).toMatchObject({ name: 'TimeoutError' });
        respond.resolve(new Response());
        await result;
      }
      await createLambdaHandler(() => new Response())(functionURL, context);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test.for([{}, undefined, { getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY }])(
    'is none without a clock: %o',
    async (mock) => {
      const isAborted = async (request: Request) => {
        // A timer that is too long, or no number, ends after a millisecond.
        await new Promise((resolve) => setTimeout(resolve, 5));
        return new Response(String(request.signal.aborted));
      };
      expect(await createLambdaHandler(isAborted)(functionURL, mock as LambdaContext)).toMatchObject({ body: 'false' });
    },
  );

  test('ends a stream with a part that says so, even if the request was garbage collected', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const handler = createLambdaHandler((request) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('\r\n---\r\nfirst\r\n---\r\n'));
          request.signal.addEventListener('abort', () => controller.close());
          // From the next turn on, only the listener is left of the request.
          setTimeout(collectGarbage);
        },
      });
      return new Response(body, { headers: { 'content-type': 'multipart/mixed; boundary="-"' } });
    });
    const { body } = await handler(functionURL, { getRemainingTimeInMillis: () => 500 });
    expect(body).toMatch(/^\r\n---\r\nfirst\r\n---\r\ncontent-type.*"hasNext":false.*\r\n-----\r\n$/s);
  });
});

describe('streaming', () => {
  const heads: object[] = [];

  beforeEach(() => {
    heads.length = 0;
    vi.stubGlobal('awslambda', {
      streamifyResponse: (handler: unknown) => handler,
      HttpResponseStream: {
        from(stream: unknown, head: object) {
          heads.push(head);
          return stream;
        },
      },
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  test('sends the head and the body', async () => {
    const stream = new PassThrough();
    const headers = [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ] satisfies [string, string][];
    const [bytes] = await Promise.all([
      buffer(stream),
      createLambdaStreamHandler(() => new Response('whole', { headers }))(functionURL, stream, context),
    ]);
    expect(heads).toEqual([
      { statusCode: 200, headers: { 'content-type': expect.any(String) }, cookies: ['a=1', 'b=2'] },
    ]);
    expect(String(bytes)).toBe('whole');
  });

  test('writes once for a response without a body, because Lambda sends the head with the first write', async () => {
    let writes = 0;
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        writes++;
        done();
      },
    });
    await createLambdaStreamHandler(() => new Response(null, { status: 204 }))(functionURL, stream, context);
    expect([writes, stream.writableEnded]).toEqual([1, true]);
  });

  test('a reader that reads nothing holds the source back', async () => {
    let pulls = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++;
          controller.enqueue(new Uint8Array(1000));
        },
      },
      { highWaterMark: 0 },
    );
    const stream = new Writable({ highWaterMark: 10_000, write() {} });
    const sent = createLambdaStreamHandler(() => new Response(source))(functionURL, stream, context);
    await vi.waitFor(() => expect(stream.writableNeedDrain).toBe(true));
    expect(pulls).toBeLessThanOrEqual(11);
    stream.destroy();
    await sent;
  });

  test('a stream whose reader has stopped reading ends at the deadline, with a part that says so', async () => {
    const part = new TextEncoder().encode(`${'x'.repeat(1000)}\r\n---\r\n`);
    const handler = createLambdaStreamHandler((request) => {
      const source = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            request.signal.addEventListener('abort', () => controller.close());
          },
          pull: (controller) => controller.enqueue(part),
        },
        { highWaterMark: 0 },
      );
      return new Response(source, { headers: { 'content-type': 'multipart/mixed; boundary="-"' } });
    });
    const stream = new PassThrough();
    await handler(functionURL, stream, { getRemainingTimeInMillis: () => 500 });
    expect(String(await buffer(stream))).toMatch(/x\r\n---\r\ncontent-type.*"hasNext":false.*\r\n-----\r\n$/s);
  });

  test('an endless source that ignores its signal is closed at the deadline, if the reader reads or not', async () => {
    const cancel = vi.fn();
    for (const stream of [new PassThrough(), new PassThrough().resume()]) {
      const source = new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          await new Promise((resolve) => setTimeout(resolve));
          controller.enqueue(new Uint8Array(1000));
        },
        cancel,
      });
      const handler = createLambdaStreamHandler(() => new Response(source));
      await handler(functionURL, stream, { getRemainingTimeInMillis: () => 200 });
      expect(stream.writableEnded).toBe(true);
    }
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledTimes(2));
  });

  test('a source that ignores its signal is closed at the deadline', async () => {
    const stream = new PassThrough();
    const source = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(3)) });
    const handler = createLambdaStreamHandler(() => new Response(source));
    const sent = handler(functionURL, stream, { getRemainingTimeInMillis: () => 100 });
    expect(await buffer(stream)).toHaveLength(3);
    await sent;
  });

  test('a stream that Lambda closes cancels the source', async () => {
    const cancelled = Promise.withResolvers<void>();
    const source = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => {}),
      cancel: () => cancelled.resolve(),
    });
    const stream = new PassThrough();
    const sent = createLambdaStreamHandler(() => new Response(source))(functionURL, stream, context);
    await vi.waitFor(() => expect(heads).toHaveLength(1));
    stream.destroy();
    await cancelled.promise;
    await sent;
  });
});
