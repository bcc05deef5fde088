import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createSecureServer,
  createServer,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect as connectSecurely } from 'node:tls';
import { ApolloServer } from '@apollo/server';
import { expect, onTestFinished, test, vi } from 'vitest';
import { deadline } from '../../src/deadline.ts';
import { createFetchHandler } from '../../src/index.ts';
import { createRequestListener } from '../../src/node.ts';
import { type Handler, listen, printed, streamOf } from './node-server.ts';

/** Serves a handler with HTTP/2, and returns a client that is connected to it. */
async function open(handler: Handler): Promise<ClientHttp2Session> {
  const client = connect(`http://127.0.0.1:${await listen(createServer(createRequestListener(handler)))}`);
  onTestFinished(() => client.destroy());
  return client;
}

/** Sends a request and reads the response. */
async function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string) {
  const stream = client.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [head] = await once(stream, 'response');
  return { head, text: await text(stream) };
}

interface Context {
  readonly url: string;
}

const post = { ':method': 'POST', 'content-type': 'application/json' };

test('one secure server serves HTTP/1 and HTTP/2', async () => {
  const handler = createFetchHandler(
    new ApolloServer<Context>({
      typeDefs: 'type Query { url: String }',
      resolvers: { Query: { url: (_parent, _args, { url }) => url } },
    }),
    { context: async ({ request: { url } }) => ({ url }) },
  );
  // Both sides know a key, so no certificate is needed.
  const psk = Buffer.alloc(32, 1);
  const secured = { ciphers: 'PSK', maxVersion: 'TLSv1.2', allowHTTP1: true } as const;
  const port = await listen(createSecureServer({ ...secured, pskCallback: () => psk }, createRequestListener(handler)));
  const client = {
    ...secured,
    host: '127.0.0.1',
    port,
    pskCallback: () => ({ psk, identity: 'a' }),
    checkServerIdentity: () => undefined,
  };
  const query = JSON.stringify({ query: '{ url }' });
  const data = (url: string) => `{"data":{"url":"${url}"}}\n`;

  const session = connect('https://a.test:81', {
    createConnection: () => connectSecurely({ ...client, ALPNProtocols: ['h2'] }),
  });
  onTestFinished(() => session.destroy());
  const { head, text: body } = await ask(session, { ...post, ':path': '/graphql?a' }, query);
  expect([head[':status'], head['content-type'], body]).toEqual([
    200,
    'application/json; charset=utf-8',
    data('https://a.test:81/graphql?a'),
  ]);

  const headers = { 'content-type': 'application/json', host: 'b.test' };
  const request = httpsRequest({ ...client, method: 'POST', path: '/graphql?b', headers, agent: false });
  request.end(query);
  const [response] = await once(request, 'response');
  expect([response.httpVersion, response.statusCode, await text(response)]).toEqual([
    '1.1',
    200,
    data('https://b.test/graphql?b'),
  ]);
});

test('a request has no pseudo-headers, and the host of :authority', async () => {
  let seen: unknown;
  const client = await open((request) => {
    const names: string[] = [];
    request.headers.forEach((_value, name) => {
      names.push(name);
    });
    seen = [
      request.method,
      request.url,
      names,
      [...request.headers],
      new Headers(request.headers).get('x-a'),
      new Request(request.url, request).headers.has('x-a'),
    ];
    return new Response('x');
  });
  expect((await ask(client, { ':authority': 'a.test:81', ':path': '/?a', 'x-a': '1' })).text).toBe('x');
  expect(seen).toEqual(['GET', 'http://a.test:81/?a', ['x-a'], [['x-a', '1']], '1', true]);
});

test.each(['a:99999', '256.256.256.256', '%'])('the :authority %j changes nothing in the path', async (authority) => {
  const client = await open((request) => new Response(request.url));
  const { text } = await ask(client, { ':path': '/?query={hello}', ':authority': authority });
  expect(text).toBe('http://localhost/?query={hello}');
});

test('a connection goes on after the deadline of a request whose body is not complete', async () => {
  const client = await open(deadline(async (request) => new Response(await request.text()), { maxMillis: 50 }));
  const stream = client.request(post);
  stream.write('x');
  const [head] = await once(stream, 'response');
  expect([head[':status'], await text(stream)]).toEqual([504, expect.stringContaining('TIMEOUT')]);
  stream.end('x');
  expect((await ask(client, post, 'y')).text).toBe('y');
});

test.each<[string, (request: Request) => Promise<string>]>([
  ['text', (request) => request.text()],
  ['an array buffer', async (request) => new TextDecoder().decode(await request.arrayBuffer())],
])('a body is read as %s', async (_name, read) => {
  const client = await open(async (request) => new Response(await read(request)));
  for (const body of ['', 'x', 'x'.repeat(500_000)]) {
    expect((await ask(client, post, body)).text === body).toBe(true);
  }
});

test('a response has its cookies, and no header that HTTP/2 forbids', async () => {
  const warnings = vi.fn();
  process.on('warning', warnings);
  onTestFinished(() => void process.off('warning', warnings));
  const client = await open((_request, { res }, { Response }) => {
    const response = new Response('x', {
      status: 201,
      headers: {
        connection: 'close',
        'http2-settings': 'a',
        'Keep-Alive': 'timeout=5',
        'proxy-connection': 'close',
        te: 'gzip',
        'transfer-encoding': 'chunked',
        upgrade: 'h2c',
        // White space around a value makes a response malformed.
        'x-a': ' 1 ',
      },
      ...{ statusText: 'Made' },
    });
    response.headers.append('set-cookie', 'b=2');
    response.headers.append('set-cookie', 'c=3');
    Object(res).setHeader('set-cookie', 'a=1');
    return response;
  });
  const { head, text } = await ask(client, {});
  expect([head[':status'], head['set-cookie'], head['x-a'], head.connection, head['keep-alive'], text]).toEqual([
    201,
    ['a=1', 'b=2', 'c=3'],
    '1',
    undefined,
    undefined,
    'x',
  ]);
  await new Promise(setImmediate);
  expect(warnings).not.toHaveBeenCalled();
});

test.each<[string, Handler]>([
  ['a control character', () => new Response('x', { headers: { 'x-a': '\x01' } })],
  [
    'a header of middleware with two values',
    (_request, { res }) => {
      Object(res).setHeader('etag', ['"a"', '"b"']);
      return new Response('x');
    },
  ],
])('a connection goes on after a head that fails: %s', async (_name, handler) => {
  const log = printed();
  const client = await open((request, ...rest) =>
    request.url.endsWith('/good') ? new Response('good') : handler(request, ...rest),
  );
  const { head, text } = await ask(client, { ':path': '/' });
  expect([head[':status'], head['content-length'], text]).toEqual([500, '0', '']);
  expect((await ask(client, { ':path': '/good' })).text).toBe('good');
  expect(log).toHaveBeenCalledOnce();
});

test('a connection goes on where not even a 500 can be sent', async () => {
  printed();
  const client = await open(({ url }, { res }) => {
    if (url.endsWith('/good')) return new Response('good');
    Object(res).setHeader('etag', ['"a"', '"b"']);
    return Promise.reject(new Error('The handler failed.'));
  });
  await expect(ask(client, { ':path': '/' })).rejects.toThrow('NGHTTP2_INTERNAL_ERROR');
  expect((await ask(client, { ':path': '/good' })).text).toBe('good');
});

test('HEAD gets no body', async () => {
  const client = await open(() => new Response('x', { headers: { 'x-a': '1' } }));
  const { head, text } = await ask(client, { ':method': 'HEAD' });
  expect([head[':status'], head['x-a'], text]).toEqual([200, '1', '']);
});

test('the signal aborts when the client resets its request, and not when the response was sent', async () => {
  const begun = Promise.withResolvers<void>();
  const signals: AbortSignal[] = [];
  const aborted = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const client = await open(async ({ url, signal }, { res }) => {
    signals.push(signal);
    if (url.endsWith('/complete')) {
      res.on('close', closed.resolve);
      return new Response('x');
    }
    begun.resolve();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    aborted.resolve();
    return new Response('x');
  });
  await ask(client, { ':path': '/complete' });
  await closed.promise;
  expect(signals[0]?.aborted).toBe(false);
  const stream = client.request({ ':path': '/' });
  await begun.promise;
  stream.close(constants.NGHTTP2_CANCEL);
  await aborted.promise;
});

test('a body that is broken off is not taken for the whole', async () => {
  const begun = Promise.withResolvers<void>();
  const results: Promise<unknown>[] = [];
  const client = await open(async (request) => {
    results.push(request.arrayBuffer());
    begun.resolve();
    await results[0]?.catch(() => {});
    return new Response();
  });
  const stream = client.request(post, { endStream: false });
  stream.write('{"query":"{a}"}');
  await begun.promise;
  client.destroy();
  await expect(results[0]).rejects.toThrow(TypeError);
});

test('nothing is logged when the client has disconnected before its response is there', async () => {
  const log = printed();
  const begun = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const listener = createRequestListener(async ({ signal }) => {
    begun.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return new Response('x');
  });
  const port = await listen(createServer((req, res) => listener(req, res).then(done.resolve, done.reject)));
  const client = connect(`http://127.0.0.1:${port}`);
  client.request({});
  await begun.promise;
  client.destroy();
  await done.promise;
  expect(log).not.toHaveBeenCalled();
});

test('a stream whose client leaves is cancelled, also while it waits for the client to read', async () => {
  const { cancel, stream } = streamOf((controller) => controller.enqueue(new Uint8Array(65_536)));
  const client = await open((_request, _context, { Response }) => new Response(stream, { status: 200, headers: {} }));
  const request = client.request({});
  await once(request, 'response');
  expect(cancel).not.toHaveBeenCalled();
  request.close(constants.NGHTTP2_CANCEL);
  await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), 5000);
});

test('a stream that fails breaks the response off, and is logged', async () => {
  const log = printed();
  const error = new Error('The source failed.');
  let chunks = 0;
  const { stream } = streamOf((controller) => {
    if (chunks++ === 0) controller.enqueue(new Uint8Array(1));
    else controller.error(error);
  });
  const client = await open(() => new Response(stream));
  await expect(ask(client, {})).rejects.toThrow('NGHTTP2_INTERNAL_ERROR');
  expect(log).toHaveBeenCalledWith(error);
});

test.each<[string, (request: Request) => unknown]>([
  ['reads nothing of', () => {}],
  ['leaves most unread of', ({ body }) => body?.getReader().read()],
  ['cancels', ({ body }) => body?.cancel()],
])('the stream of a request is closed where a handler %s a body that goes on', async (_name, look) => {
  const closed = Promise.withResolvers<void>();
  const client = await open(async (request, { res }) => {
    res.on('close', closed.resolve);
    await look(request);
    return new Response('x');
  });
  const stream = client.request(post, { endStream: false });
  stream.on('error', () => {});
  stream.write('x'.repeat(200_000));
  await once(stream, 'response');
  expect(await text(stream)).toBe('x');
  stream.end();
  await closed.promise;
  expect((await ask(client, post, 'x')).text).toBe('x');
});
