import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { type Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Response as WhatwgResponse } from '@whatwg-node/server';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { FetchAPI } from '../../src/index.ts';
import { createRequestListener, type NodeOutgoing } from '../../src/node.ts';
import { type Handler, listen, open, post, printed, responseOf, see, serve, streamOf } from './node-server.ts';

test('a request is a Request with all of its members', async () => {
  const seen = await see(
    (request) => ({
      classes: [request instanceof Request, request.headers instanceof Headers, request.body instanceof ReadableStream],
      method: request.method,
      path: new URL(request.url).pathname,
      type: request.headers.get('Content-Type'),
      redirect: request.redirect,
      aborted: request.signal.aborted,
      used: request.bodyUsed,
    }),
    post,
  );
  expect(seen).toEqual({
    classes: [true, true, true],
    method: 'POST',
    path: '/',
    type: 'application/json',
    redirect: 'follow',
    aborted: false,
    used: false,
  });
});

test('headers are those that were sent, however they are looked at', async () => {
  const looks: ((headers: Headers) => unknown)[] = [
    (headers) => [headers.get('X-A'), headers.get('x-missing'), headers.get('constructor'), headers.has('x-a')],
    (headers) => [...headers].filter(([name]) => name.startsWith('x-')),
    (headers) => [...new Headers(headers)].filter(([name]) => name.startsWith('x-')),
    (headers) => {
      const names: string[] = [];
      headers.forEach((value, name, all) => {
        if (name.startsWith('x-')) names.push(name, value, String(all === headers));
      });
      return names;
    },
    (headers) => {
      headers.set('x-a', 'changed');
      headers.append('x-new', '1');
      const names: string[] = [];
      headers.forEach((value, name) => {
        if (name.startsWith('x-')) names.push(`${name}: ${value}`);
      });
      return [headers.get('x-a'), names];
    },
  ];
  const headers = { 'x-a': '1', 'X-B': 'é' };
  const seen = await Promise.all(looks.map((look) => see(({ headers }) => look(headers), { headers })));
  expect(seen).toEqual([
    ['1', null, null, true],
    [
      ['x-a', '1'],
      ['x-b', 'é'],
    ],
    [
      ['x-a', '1'],
      ['x-b', 'é'],
    ],
    ['x-a', '1', 'true', 'x-b', 'é', 'true'],
    ['changed', ['x-a: changed', 'x-b: é', 'x-new: 1']],
  ]);
});

test('a header that a middleware has set to undefined is absent', async () => {
  const seen = await see(
    ({ headers }) => [headers.get('x-a'), headers.has('x-a'), [...headers.keys()].includes('x-a')],
    { headers: { 'x-a': '1' } },
    ({ headers }) => {
      headers['x-a'] = undefined;
    },
  );
  expect(seen).toEqual([null, false, false]);
});

test.each([false, true])('forEach passes thisArg on, after a change of the headers: %s', async (isChanged) => {
  const thisArg = {};
  const seen = await see(({ headers }) => {
    if (isChanged) headers.set('x-a', '1');
    const seen = new Set<unknown>();
    headers.forEach(function (this: unknown, _value, _name, all) {
      seen.add(this).add(all === headers);
    }, thisArg);
    return [...seen];
  });
  expect(seen).toEqual([thisArg, true]);
});

test('a method of a request can be replaced, as on any other', async () => {
  const seen = await see(async (request) => {
    request.json = async () => 'replaced';
    return [await request.json(), await request.text()];
  }, post);
  expect(seen).toEqual(['replaced', post.body]);
});

test.each(['a b', '', 'é'])('no header can have the name %j, as everywhere', async (name) => {
  const isRefused = await see(({ headers }) => {
    try {
      return headers.get(name) ?? false;
    } catch (error) {
      return error instanceof TypeError;
    }
  });
  expect(isRefused).toBe(true);
});

test.each<[string, (request: Request) => unknown]>([
  ['text', (request) => request.text()],
  ['json', async (request) => JSON.stringify(await request.json())],
  ['arrayBuffer', async (request) => new TextDecoder().decode(await request.arrayBuffer())],
  ['a clone', (request) => request.clone().text()],
  ['a copy', (request) => new Request(request.clone()).text()],
  ['a request of its URL and itself', (request) => new Request(request.url, request).text()],
  ['Readable.fromWeb', async ({ body }) => (body === null ? '' : await text(Readable.fromWeb(body as never)))],
  ['a Response of the body', (request) => new Response(request.body).text()],
  ['a Request of its parts', (request) => new Request('http://a.test/', request).text()],
  ['a transformation', (request) => new Response(request.body?.pipeThrough(new TransformStream()) ?? null).text()],
  ['async iteration', async (request) => await text(request.body as never)],
  ['a branch', (request) => new Response(request.clone().body?.tee()[0] ?? null).text()],
  [
    'a reader',
    async (request) => {
      const reader = request.body?.getReader();
      const { done, value } = (await reader?.read()) ?? {};
      const end = await reader?.read();
      expect([done, end?.done, value?.constructor]).toEqual([false, true, Uint8Array]);
      return new TextDecoder().decode(value);
    },
  ],
  [
    'a byte reader of a copy',
    async (request) => {
      const reader = new Response(await request.blob()).body?.getReader({ mode: 'byob' });
      return new TextDecoder().decode((await reader?.read(new Uint8Array(99)))?.value);
    },
  ],
])('a body is read by %s', async (_name, read) => {
  expect(await see(read, post)).toBe(post.body);
});

test('a GET has no body', async () => {
  expect(await see(async (request) => [request.body, await request.text(), request.bodyUsed])).toEqual([
    null,
    '',
    false,
  ]);
});

test('new Request(request.url, request) copies all of the request', async () => {
  const seen = await see(async (request) => {
    const copy = new Request(request.url, request);
    return [copy.method, copy.headers.get('content-type'), copy.signal.aborted, await copy.json()];
  }, post);
  expect(seen).toEqual(['POST', 'application/json', false, { query: '{a}' }]);
});

test('an array buffer holds exactly the body, however many chunks it arrives in', async () => {
  const body = 'x'.repeat(3_000_000);
  const seen = await see(
    async (request) => {
      const bytes = await request.arrayBuffer();
      return [new TextDecoder().decode(bytes) === body, request.bodyUsed, request.body?.locked];
    },
    { method: 'POST', body },
  );
  expect(seen).toEqual([true, true, true]);
});

test('an array buffer is read while nobody else can read: the stream is locked, before and after its end', async () => {
  const seen = await see(async (request) => {
    const { body } = request;
    const bytes = request.arrayBuffer();
    const isLocked = [body?.locked, request.body?.locked];
    const error = await request.text().catch((error) => error);
    return [...isLocked, error, new TextDecoder().decode(await bytes), body?.locked];
  }, post);
  expect(seen).toEqual([true, true, expect.any(TypeError), post.body, true]);
});

test('a POST without a body has an empty one', async () => {
  const seen = await see(async ({ body }) => (await body?.getReader().read())?.done, { method: 'POST' });
  expect(seen).toBe(true);
});

test('a clone leaves the body to be read', async () => {
  const seen = await see(async (request) => {
    const clone = request.clone();
    const { value } = (await request.body?.getReader().read()) ?? {};
    return [new TextDecoder().decode(value), await clone.text(), request.bodyUsed, clone.bodyUsed];
  }, post);
  expect(seen).toEqual([post.body, post.body, true, true]);
});

test('a body is read once, and members that do not concern it can be used after that', async () => {
  const seen = await see(async (request) => {
    const reader = request.body?.getReader();
    await reader?.read();
    return [
      request.bodyUsed,
      request.body?.locked,
      await request.text().catch((error) => error),
      request.credentials,
      request.bodyUsed,
    ];
  }, post);
  expect(seen).toEqual([true, true, expect.any(TypeError), 'same-origin', true]);
});

test('a body that other code has read is used', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const listener: RequestListener = createRequestListener(async (request) => {
    resolve([request.bodyUsed, await request.json().catch((error) => error)]);
    return new Response();
  });
  const port = await listen(
    createServer(async (req, res) => {
      await text(req);
      listener(req, res);
    }),
  );
  await fetch(`http://127.0.0.1:${port}/`, post);
  expect(await promise).toEqual([true, expect.any(TypeError)]);
});

test('a reader holds the lock until it lets go of it', async () => {
  const seen = await see(async (request) => {
    const { body } = request;
    const reader = body?.getReader();
    const second = await Promise.resolve()
      .then(() => body?.getReader())
      .catch((error) => error);
    const used = request.bodyUsed;
    reader?.releaseLock();
    const released = body?.locked;
    const { value } = (await body?.getReader().read()) ?? {};
    return [second, used, released, new TextDecoder().decode(value)];
  }, post);
  expect(seen).toEqual([expect.any(TypeError), false, false, post.body]);
});

test('members that do not concern the body can be used while a reader holds it', async () => {
  const seen = await see(async (request) => {
    const reader = request.body?.getReader();
    const { redirect } = request;
    const { value } = (await reader?.read()) ?? {};
    return [redirect, new TextDecoder().decode(value), await request.text().catch((error) => error)];
  }, post);
  expect(seen).toEqual(['follow', post.body, expect.any(TypeError)]);
});

test('a reader says when the body has ended', async () => {
  const seen = await see(async ({ body }) => {
    const reader = body?.getReader();
    const { closed } = reader ?? {};
    while (!(await reader?.read())?.done);
    return await closed;
  }, post);
  expect(seen).toBeUndefined();
});

test('a large body arrives whole, in chunks', async () => {
  const body = 'x'.repeat(3_000_000);
  const seen = await see(
    async (request) => {
      let [chunks, size] = [0, 0];
      const reader = request.body?.getReader();
      for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
        chunks++;
        size += read.value.byteLength;
      }
      return [chunks > 10, size];
    },
    { method: 'POST', body },
  );
  expect(seen).toEqual([true, 3_000_000]);
});

/** Opens a connection, and sends the head and a part of the body of a POST. */
async function begin(handler: Handler): Promise<Socket> {
  return await open(await serve(handler), 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nsome');
}

test.each<[string, (request: Request) => Promise<unknown> | undefined]>([
  [
    'a reader',
    async ({ body }) => {
      const reader = body?.getReader();
      while (!(await reader?.read())?.done);
    },
  ],
  ['a stream', (request) => request.text()],
  ['an array buffer', (request) => request.arrayBuffer()],
])('a body that is broken off fails for %s', async (_name, read) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const reading = Promise.withResolvers<void>();
  const socket = await begin(async (request) => {
    const result = read(request);
    reading.resolve();
    resolve(result?.catch((error) => error));
    await result?.catch(() => {});
    return new Response();
  });
  await reading.promise;
  socket.destroy();
  expect(await promise).toBeInstanceOf(Error);
});

test.each<[string, (body: ReadableStream<Uint8Array>) => Promise<void>]>([
  ['a reader', (body) => body.getReader().cancel()],
  ['a stream', (body) => body.cancel()],
])('cancelling %s ends the connection of a client that goes on sending, after its response', async (_name, cancel) => {
  const socket = await begin(async ({ body }) => {
    if (body !== null) await cancel(body);
    // This is longer than `LINGER`, but the connection must stay open until the response is sent.
    await setTimeout(100);
    return new Response('x');
  });
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n1\r\nx\r\n0\r\n\r\n$/);
});

test.each([0, 1])(
  'cancelling a body that has arrived completely, after %i reads, leaves the connection open',
  async (reads) => {
    const { port } = new URL(
      await serve(async ({ body }) => {
        const reader = body?.getReader();
        for (let read = 0; read < reads; read++) await reader?.read();
        await reader?.cancel();
        return new Response('x');
      }),
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ask = async () => {
      const request = httpRequest({ port, method: 'POST', agent }).end('body');
      const [response] = await once(request, 'response');
      return [request.reusedSocket, await text(response)];
    };
    expect(await ask()).toEqual([false, 'x']);
    // This is longer than `LINGER`, after which a client that was still sending would be cut off.
    await setTimeout(100);
    expect(await ask()).toEqual([true, 'x']);
  },
);

test('a handler that leaves most of a body unread does not hold up the next request', async () => {
  const url = await serve(async ({ body }) => {
    const reader = body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    return new Response(String((value?.byteLength ?? 0) > 0));
  });
  const head = (length: number) => `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n`;
  const socket = await open(url, `${head(3_000_000)}\r\n`);
  socket.write('x'.repeat(3_000_000));
  socket.write(`${head(1)}connection: close\r\n\r\nx`);
  expect((await text(socket)).match(/\r\ntrue\r\n/g)).toHaveLength(2);
});

test('a body that a handler reads after its response was sent is not taken for complete', async () => {
  const result = Promise.withResolvers<unknown>();
  const url = await serve(async ({ body }, { res }) => {
    const reader = body?.getReader();
    await reader?.read();
    res.on('finish', () => setImmediate(() => result.resolve(reader?.read().catch((error) => error))));
    return new Response();
  });
  const socket = await open(url, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab');
  await once(socket, 'data');
  socket.write('cd');
  expect(await result.promise).toBeInstanceOf(TypeError);
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test.each<[string, (request: Request) => Promise<unknown>]>([
  ['an array buffer', (request) => request.arrayBuffer()],
  [
    'a reader',
    async ({ body }) => {
      const reader = body?.getReader();
      while (!(await reader?.read())?.done);
    },
  ],
])(
  'a body in chunks of one byte is not kept as chunks by %s',
  async (_name, read) => {
    const memory = () => {
      collectGarbage();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const begun = Promise.withResolvers<object>();
    const url = await serve(async (request, { req }) => {
      begun.resolve(req.socket);
      await read(request);
      return new Response();
    });
    const chunks = '1\r\nx\r\n'.repeat(200_000);
    const socket = await open(url, 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    const server = await begun.promise;
    const before = memory();
    socket.write(chunks);
    await vi.waitFor(
      () =>
        expect(server).toHaveProperty(
          'bytesRead',
          expect.toSatisfy((read) => read > chunks.length),
        ),
      20_000,
    );
    expect(memory() - before).toBeLessThan(8_000_000);
    socket.write('0\r\n\r\n');
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 200/);
    // Node.js parses the 200,000 chunks in a second, and a busy machine in ten.
  },
  30_000,
);

test('cancelling a reader at the end of a body does nothing', async () => {
  const seen = await see(async ({ body }) => {
    const reader = body?.getReader();
    while (!(await reader?.read())?.done);
    await reader?.cancel();
    return await reader?.closed;
  }, post);
  expect(seen).toBeUndefined();
});

test('a waiting reader that is cancelled is done', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  await begin(async ({ body }) => {
    const reader = body?.getReader();
    await reader?.read();
    const waiting = reader?.read();
    await reader?.cancel();
    resolve([await waiting, await reader?.read()]);
    return new Response();
  });
  const done = { done: true, value: undefined };
  expect(await promise).toEqual([done, done]);
});

test('several reads may wait, and get the chunks in their order', async () => {
  const warnings: unknown[] = [];
  const onWarning = (warning: unknown) => warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const waiting = Promise.withResolvers<void>();
  const socket = await begin(async ({ body }) => {
    const reader = body?.getReader();
    const reads = Array.from({ length: 20 }, () => reader?.read());
    waiting.resolve();
    resolve(await Promise.all(reads.map(async (read) => new TextDecoder().decode((await read)?.value))));
    return new Response();
  });
  await waiting.promise;
  socket.write('x'.repeat(96));
  expect((await promise).join('')).toBe(`some${'x'.repeat(96)}`);
  expect(warnings).toEqual([]);
});

test('a body is not lost to other code that listens to it or has set its encoding', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const reading = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const listener: RequestListener = createRequestListener(async ({ body }) => {
    let seen = '';
    const reader = body?.getReader();
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done) break;
      seen += new TextDecoder().decode(value);
      arrived.resolve();
    }
    resolve(seen);
    return new Response();
  });
  const port = await listen(
    createServer((req, res) => {
      req.setEncoding('utf8');
      listener(req, res);
      setImmediate(() => {
        req.on('data', () => {});
        reading.resolve();
      });
    }),
  );
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 7\r\n\r\n');
  await reading.promise;
  socket.write('ä€');
  await arrived.promise;
  socket.write('ab');
  expect(await promise).toBe('ä€ab');
});

test('the signal aborts when the client leaves, and not when it has its response', async () => {
  const left = Promise.withResolvers<boolean>();
  const begun = Promise.withResolvers<void>();
  const socket = await begin(async ({ signal }) => {
    begun.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    left.resolve(signal.aborted);
    return new Response();
  });
  await begun.promise;
  socket.destroy();
  expect(await left.promise).toBe(true);

  let signal: AbortSignal | undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  const url = await serve((request, { res }) => {
    signal = request.signal;
    res.on('close', resolve);
    return new Response('x');
  });
  await (await fetch(url, { headers: { connection: 'close' } })).text();
  await promise;
  expect(signal?.aborted).toBe(false);
});

/** Sends a request exactly as it is written here, and returns its URL. */
async function urlOf(target: string, host: string, method = 'OPTIONS'): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const url = await serve((request) => {
    resolve(request.url);
    return new Response();
  });
  await open(url, `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  return await promise;
}

test.each([
  ['/path?a=b#', 'http://example.test/path?a=b#'],
  ['//a', 'http://example.test//a'],
  ['/?a=http://b/?c', 'http://example.test/?a=http://b/?c'],
  ['*', 'http://example.test/*'],
  ['http://other.test/x?y', 'http://other.test/x?y'],
  ['http://other.test', 'http://other.test/'],
  ['http://other.test?y=/', 'http://other.test/?y=/'],
  ['https://other.test:81/', 'http://other.test:81/'],
  ['http://user:password@other.test/x', 'http://localhost/x'],
])('the target %s makes the URL %s', async (target, url) => {
  expect(await urlOf(target, 'example.test')).toBe(url);
});

test.each(['a.test', 'A.test:8080', 'a_b', '127.0.0.1:80', '[::1]:80'])('the URL has the host %s', async (host) => {
  expect(await urlOf('/', host)).toBe(`http://${host}/`);
});

test.each([
  'a/?query={secret}&x=',
  'a?query={secret}',
  'a#',
  'a\\b',
  'a b',
  'user@a',
  'a:99999',
  '[::1',
  '256.256.256.256',
  '%',
  '<script>',
  'é',
  '',
])('the Host %j changes nothing in the path and the query', async (host) => {
  const url = await urlOf('/graphql?query={hello}', host);
  expect(url).toBe('http://localhost/graphql?query={hello}');
  expect(new Request(url).url).toBe('http://localhost/graphql?query={hello}');
});

test('the path is the whole one where a framework has mounted the listener', async () => {
  const path = see(
    ({ url }) => new URL(url).pathname + new URL(url).search,
    undefined,
    (req) => {
      Object.assign(req, { originalUrl: '/api/graphql?a', url: '/?a' });
    },
  );
  expect(await path).toBe('/api/graphql?a');
});

test('a socket with encrypted: false makes an http: URL', async () => {
  const url = see(
    (request) => request.url,
    undefined,
    ({ socket }) => {
      Object.assign(socket, { encrypted: false });
    },
  );
  expect(await url).toMatch(/^http:/);
});

test('the URL says how the connection is secured', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const listener: RequestListener = createRequestListener((request) => {
    resolve(request.url);
    return new Response();
  });
  // Both sides know a key, so no certificate is needed.
  const psk = Buffer.alloc(32, 1);
  const secured = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
  const port = await listen(createHttpsServer({ ...secured, pskCallback: () => psk }, listener));
  const pskCallback = () => ({ psk, identity: 'a' });
  const socket = connectSecurely({
    ...secured,
    port,
    host: '127.0.0.1',
    pskCallback,
    checkServerIdentity: () => undefined,
  });
  onTestFinished(() => void socket.destroy());
  socket.write('GET / HTTP/1.1\r\nhost: a.test\r\n\r\n');
  expect(await promise).toBe('https://a.test/');
});

test('a response of the listener’s class is a Response, with all that it has', async () => {
  const response = await responseOf(async (Class) => {
    const made = new Class('{"a":1}', { status: 201, headers: { 'x-a': '1' } });
    expect([made instanceof Response, made.status, made.ok, made.headers.get('x-a'), made.bodyUsed]).toEqual([
      true,
      201,
      true,
      '1',
      false,
    ]);
    expect(await made.clone().json()).toEqual({ a: 1 });
    return made;
  });
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([201, '1', '{"a":1}']);
});

test('a response goes over the wire as it was made', async () => {
  const headers = { 'x-a': '1', 'content-length': '2' };
  const { port } = new URL(
    await serve((_request, _context, { Response }) => new Response('ä', { status: 200, headers })),
  );
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  expect(await text(socket)).toMatch(
    /^HTTP\/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\nDate: .*\r\nConnection: close\r\n\r\nä$/,
  );
});

test('headers that were changed, and several cookies, are sent', async () => {
  const response = await responseOf((Class) => {
    const made = new Class('x', { status: 200, headers: { 'x-a': '1', 'x-b': '2' } });
    made.headers.set('x-a', 'changed');
    made.headers.delete('x-b');
    made.headers.append('set-cookie', 'a=1');
    made.headers.append('set-cookie', 'b=2');
    return made;
  });
  expect([...response.headers].filter(([name]) => /^(x-|set-)/.test(name))).toEqual([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['x-a', 'changed'],
  ]);
  expect(await response.text()).toBe('x');
});

test.each(['its own', 'the global'])('a response of %s class keeps its status text', async (kind) => {
  const response = await responseOf((Class) => {
    const init = { status: 418, statusText: 'Short and stout', headers: {} };
    return new (kind === 'the global' ? Response : Class)('x', init);
  });
  expect([response.status, response.statusText]).toEqual([418, 'Short and stout']);
});

/** Responses of both classes that set cookies and `Vary`. */
const withCookies: [string, (Class: FetchAPI['Response']) => Response][] = [
  [
    'its own class',
    (Class) => {
      const response = new Class('x', { status: 200, headers: { 'content-type': 'text/x', vary: 'Accept' } });
      for (const cookie of ['c=3', 'd=4']) response.headers.append('set-cookie', cookie);
      return response;
    },
  ],
  [
    'the global class',
    () => {
      const headers = new Headers({ 'content-type': 'text/x', vary: 'Accept' });
      for (const cookie of ['c=3', 'd=4']) headers.append('set-cookie', cookie);
      return new Response('x', { headers });
    },
  ],
];

test.each(withCookies)('a response of %s keeps the cookies and Vary that a middleware has set', async (_name, make) => {
  const response = await responseOf(make, (_req, res) => {
    res.setHeader('Set-Cookie', ['a=1', 'b=2']);
    res.setHeader('Vary', 'Origin');
    res.setHeader('x-kept', '1');
  });
  expect([response.headers.getSetCookie(), response.headers.get('vary'), response.headers.get('x-kept')]).toEqual([
    ['a=1', 'b=2', 'c=3', 'd=4'],
    'Origin, Accept',
    '1',
  ]);
});

test('a cookie and Vary in plain headers are added to those of a middleware', async () => {
  const response = await responseOf(
    (Class) => new Class('x', { status: 200, headers: { 'Set-Cookie': 'b=2', VARY: 'Accept' } }),
    (_req, res) => {
      res.setHeader('set-cookie', 'a=1');
      res.setHeader('vary', ['Origin', 'Cookie']);
    },
  );
  expect([response.headers.getSetCookie(), response.headers.get('vary')]).toEqual([
    ['a=1', 'b=2'],
    'Origin, Cookie, Accept',
  ]);
});

// Next.js' pages/api, compression 1.7 and express-session 1.17 use this version.
const onHeaders: (res: ServerResponse, listener: (this: ServerResponse) => void) => void = createRequire(
  import.meta.url,
)('on-headers');

test.each(withCookies)('a response of %s passes through on-headers 1.0', async (_name, make) => {
  let seen: unknown;
  const response = await responseOf(make, (_req, res) => {
    onHeaders(res, function () {
      seen = [this.getHeader('content-type'), this.getHeader('set-cookie')];
    });
  });
  expect(seen).toEqual(['text/x', ['c=3', 'd=4']]);
  expect([response.headers.get('content-type'), response.headers.getSetCookie()]).toEqual(['text/x', ['c=3', 'd=4']]);
});

test('a header in Latin-1 does not touch the encoding of the text', async () => {
  const response = await responseOf((Class) => new Class('日本', { status: 200, headers: { 'x-a': 'é' } }));
  expect([response.headers.get('x-a'), await response.text()]).toEqual(['é', '日本']);
});

test.each([
  ['x a', '1'],
  ['x', '日本'],
  ['x', 'a\r\nb: c'],
])('the header %j: %j is refused when the response is made', async (name, value) => {
  const response = await responseOf((Class) => {
    expect(() => new Class('x', { status: 200, headers: { [name]: value } })).toThrow(TypeError);
    return new Class(null, { status: 204, headers: {} });
  });
  expect(response.status).toBe(204);
});

test.each<[string, BodyInit | null, string]>([
  ['a text', 'text', 'text'],
  ['bytes', new TextEncoder().encode('bytes'), 'bytes'],
  ['nothing', null, ''],
])('a response of the global class is sent: %s', async (_name, body, sent) => {
  const response = await responseOf(() => new Response(body, { status: 202, headers: [['x-a', '1']] }));
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([202, '1', sent]);
});

test('a response of any other class is sent, because it is recognised by its members', async () => {
  const response = await responseOf(() => {
    const made = new WhatwgResponse('other', { status: 202, headers: { 'x-a': '1' } });
    made.headers.append('set-cookie', 'a=1');
    made.headers.append('set-cookie', 'b=2');
    return made;
  });
  expect([
    response.status,
    response.headers.get('x-a'),
    response.headers.getSetCookie(),
    await response.text(),
  ]).toEqual([202, '1', ['a=1', 'b=2'], 'other']);
});

test('a response that was already read gets a 500, and is logged', async () => {
  const log = printed();
  const response = await responseOf(async (Class) => {
    const made = new Class('x', { status: 200, headers: {} });
    await made.text();
    return made;
  });
  expect(response.status).toBe(500);
  expect(log).toHaveBeenCalledWith(expect.any(TypeError));
});

/** Sends two requests on one connection, and returns what comes back. */
async function askTwice(handler: Handler, before?: RequestListener): Promise<string> {
  const { port } = new URL(await serve(handler, before));
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write('GET /first HTTP/1.1\r\nhost: a\r\n\r\nGET /second HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  return (await text(socket)).replace(/Date: .*\r\n/g, '');
}

/** Responds to the first request with these headers, and to the second one with a text. */
function firstly(headers: Readonly<Record<string, string>>): Handler {
  return ({ url }, _context, { Response: Class }) =>
    url.endsWith('/first') ? new Response('first', { headers }) : new Class('second', { status: 200, headers: {} });
}

const second = /HTTP\/1.1 200 OK\r\n(?:[\w-]+: .*\r\n)*\r\n6\r\nsecond\r\n0\r\n\r\n$/;

test.each<[string, Readonly<Record<string, string>>, RequestListener | undefined]>([
  ['a control character', { 'content-length': '5', 'x-a': '\x01' }, undefined],
  [
    'a control character after middleware',
    { 'content-length': '5', 'x-a': '\x01' },
    (_req, res) => void res.setHeader('x-b', '1'),
  ],
  [
    'a header of middleware that Node.js refuses',
    { 'content-length': '5' },
    ({ url }, res) => {
      if (url === '/first') res.setHeader('trailer', 'x-a');
    },
  ],
])('a connection goes on after a head that fails: %s', async (_name, headers, before) => {
  const log = printed();
  const received = await askTwice(firstly(headers), before);
  expect(received).toMatch(/^HTTP\/1.1 500 Internal Server Error\r\n(?:x-b: 1\r\n)?content-length: 0\r\n/);
  expect(received).toMatch(second);
  expect(log).toHaveBeenCalledOnce();
});

test('the framing of a response is that of Node.js, whatever the handler sets', async () => {
  const headers = {
    connection: 'keep-alive',
    'keep-alive': 'timeout=1000',
    trailer: 'x-a',
    'transfer-encoding': 'chunked',
  };
  const received = await askTwice(firstly({ ...headers, 'content-length': '5' }));
  expect(received).toMatch(
    /^HTTP\/1.1 200 OK\r\ncontent-length: 5\r\n(?:content-type: .*\r\n)Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\nfirst/,
  );
  expect(received).toMatch(second);
  const response = await responseOf(
    (Class) => new Class('x', { status: 200, headers: { 'Transfer-Encoding': 'gzip', 'content-length': '1' } }),
  );
  expect([response.headers.get('transfer-encoding'), await response.text()]).toEqual([null, 'x']);
});

test('a length that was changed after the response was made is corrected', async () => {
  const response = await responseOf((Class) => {
    const made = new Class('text', { status: 200, headers: { 'content-length': '4' } });
    made.headers.set('content-length', '400');
    return made;
  });
  expect([response.headers.get('content-length'), await response.text()]).toEqual(['4', 'text']);
});

test.each(['3', '400'])('a stream that is not %s bytes long, as it declares, ends its connection', async (length) => {
  const log = printed();
  const received = await askTwice(firstly({ 'content-length': length }));
  expect(received).not.toContain('second');
  expect(log).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' }));
});

test('the source of a response that cannot be sent is closed', async () => {
  printed();
  const { cancel, stream } = streamOf((controller) => controller.enqueue(new Uint8Array(1)));
  const response = await responseOf(() => new Response(stream, { headers: { 'x-a': '\x01' } }));
  expect(response.status).toBe(500);
  expect(cancel).toHaveBeenCalledOnce();
});

test('HEAD takes nothing from a stream', async () => {
  const { cancel, stream } = streamOf((controller) => controller.enqueue(new Uint8Array(1)));
  const url = await serve((_request, _context, { Response }) => new Response(stream, { status: 200, headers: {} }));
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect(cancel).toHaveBeenCalledOnce();
});

test('HEAD writes no text, which Node might refuse', async () => {
  const listener = createRequestListener(async (_request, _context, { Response }) => {
    return new Response('text', { status: 200, headers: { 'content-length': '4' } });
  });
  const port = await listen(createServer({ rejectNonStandardBodyWrites: true }, listener));
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-length')]).toEqual([200, '4']);
});

test.each(['its own', 'the global'])('a stream in a response of %s class is sent chunk by chunk', async (kind) => {
  const seen = Promise.withResolvers<void>();
  let chunks = 0;
  const { stream } = streamOf(async (controller) => {
    if (chunks === 1) await seen.promise;
    if (chunks === 2) controller.close();
    else controller.enqueue(new TextEncoder().encode(String(chunks++)));
  });
  const response = await responseOf((Class) => {
    return new (kind === 'the global' ? Response : Class)(stream, { status: 200, headers: {} });
  });
  const reader = response.body?.getReader();
  const read = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await read()).toBe('0');
  seen.resolve();
  expect(await read()).toBe('1');
  expect((await reader?.read())?.done).toBe(true);
});

test('the headers of a stream are sent before its first chunk is there', async () => {
  const seen = Promise.withResolvers<void>();
  const { stream } = streamOf(async (controller) => {
    await seen.promise;
    controller.close();
  });
  const response = await responseOf((Class) => new Class(stream, { status: 200, headers: { 'x-a': '1' } }));
  expect(response.headers.get('x-a')).toBe('1');
  seen.resolve();
  expect(await response.text()).toBe('');
});

test('a stream whose client leaves is cancelled, also while it waits for the client to read', async () => {
  const { cancel, stream } = streamOf((controller) => controller.enqueue(new Uint8Array(65_536)));
  let response: NodeOutgoing | undefined;
  const url = await serve((_request, { res }, { Response }) => {
    response = res;
    return new Response(stream, { status: 200, headers: {} });
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await vi.waitFor(() => expect(response).toHaveProperty('writableNeedDrain', true), 5000);
  expect(cancel).not.toHaveBeenCalled();
  socket.destroy();
  await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), 5000);
});

test.each([
  ['and is logged', new Error('the source failed'), 1],
  ['and is not logged if that was on purpose', new DOMException('the server is stopping', 'AbortError'), 0],
])('a stream that fails while its client does not read ends the connection, %s', async (_name, error, times) => {
  const log = printed();
  let fail = () => {};
  let response: NodeOutgoing | undefined;
  const { stream } = streamOf((controller) => {
    fail = () => controller.error(error);
    controller.enqueue(new Uint8Array(65_536));
  });
  const url = await serve((_request, { res }, { Response }) => {
    response = res;
    return new Response(stream, { status: 200, headers: {} });
  });
  const socket = (await open(url, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')).pause();
  await vi.waitFor(() => expect(response).toHaveProperty('writableNeedDrain', true), 5000);
  fail();
  await vi.waitFor(() => expect(response).toHaveProperty('destroyed', true), 5000);
  expect(log).toHaveBeenCalledTimes(times);
  socket.destroy();
});

test('a large response is sent to its end after its server was closed', async () => {
  const bytes = new Uint8Array(16 * 1024 * 1024);
  let response: NodeOutgoing | undefined;
  const server = createServer(
    createRequestListener((_request, { res }, { Response }) => {
      response = res;
      return new Response(bytes, { status: 200, headers: { 'content-length': String(bytes.length) } });
    }),
  );
  const socket = await open(`http://127.0.0.1:${await listen(server)}`, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await vi.waitFor(() => expect(response).toHaveProperty('headersSent', true), 5000);
  server.close();
  let received = 0;
  for await (const chunk of socket) {
    received += chunk.length;
    if (received > bytes.length) break;
  }
  expect(received).toBeGreaterThan(bytes.length);
});

test('a stream whose client has left before it began is cancelled', async () => {
  const { cancel, stream } = streamOf((controller) => controller.enqueue(new Uint8Array(1)));
  const begun = Promise.withResolvers<void>();
  const socket = await begin(async ({ signal }, _context, { Response }) => {
    begun.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return new Response(stream, { status: 200, headers: {} });
  });
  await begun.promise;
  socket.destroy();
  await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce(), 5000);
});

test('a stream that fails breaks the response off, and is logged', async () => {
  const log = printed();
  const error = new Error('the source failed');
  const { stream } = streamOf((controller) => controller.error(error));
  const response = await responseOf((Class) => new Class(stream, { status: 200, headers: {} })).catch((error) => error);
  await expect(response instanceof Response ? response.text() : Promise.reject(response)).rejects.toThrow();
  expect(log).toHaveBeenCalledWith(error);
});

test.each<[string, Handler]>([
  ['rejects', () => Promise.reject(new Error('secret'))],
  [
    'throws',
    () => {
      throw new Error('secret');
    },
  ],
  ['responds with nothing', () => Promise.resolve(undefined as never)],
])('a handler that %s gets 500, and is logged', async (_name, handler) => {
  const log = printed();
  const response = await fetch(await serve(handler));
  expect([response.status, await response.text()]).toEqual([500, '']);
  expect(log).toHaveBeenCalledWith(expect.any(Error));
});

test.each<[string, (left: Promise<void>) => Promise<Response>]>([
  [
    'rejects',
    async (left) => {
      await left;
      throw new Error('The upstream request was aborted.');
    },
  ],
  [
    'returns a stream that fails',
    async (left) => {
      const { stream } = streamOf(async () => {
        await left;
        throw new Error('The upstream request was aborted.');
      });
      return new Response(stream);
    },
  ],
])('nothing is logged when the client has disconnected before a handler %s', async (_name, respond) => {
  const log = printed();
  const begun = Promise.withResolvers<void>();
  const responded = Promise.withResolvers<void>();
  const handler: Handler = async ({ signal }) => {
    begun.resolve();
    return await respond(new Promise((resolve) => signal.addEventListener('abort', () => resolve())));
  };
  const listener = createRequestListener(handler);
  const port = await listen(createServer((req, res) => listener(req, res).then(responded.resolve, responded.reject)));
  const socket = await open(`http://127.0.0.1:${port}`, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await begun.promise;
  socket.destroy();
  await responded.promise;
  expect(log).not.toHaveBeenCalled();
});

test('the handler is passed what Node has', async () => {
  const url = await serve((request, { req, res }) => {
    expect([req.url, res.headersSent, request.url.endsWith('/x')]).toEqual(['/x', false, true]);
    return new Response('seen');
  });
  expect(await (await fetch(`${url}x`)).text()).toBe('seen');
});

test('the body is not a byte stream, and other readers work after one was asked for', async () => {
  const seen = await see(async ({ body }) => {
    expect(() => body?.getReader({ mode: 'byob' })).toThrow(TypeError);
    return await new Response(body).text();
  }, post);
  expect(seen).toBe(post.body);
});

test('a kept connection responds again and again, also where a body was left unread', async () => {
  const { port } = new URL(await serve(() => new Response('x')));
  const socket: Duplex = connect(Number(port), '127.0.0.1');
  const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n';
  socket.end(`${head}\r\nbody${head}connection: close\r\n\r\nbody`);
  expect((await text(socket)).match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
});
