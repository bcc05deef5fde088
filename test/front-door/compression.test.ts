import { once } from 'node:events';
import process from 'node:process';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { type Message, overHTTP2, overSockets, type ReceivedResponse, type Transport } from '../conformance/http.ts';
import { describeHosts } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { peakDuring, residentBytes } from '../hosts/memory.ts';
import { noise } from '../uploads/request.ts';
import { bomb } from './bomb.ts';

const json = { 'content-type': 'application/json' };
const text = `{"data":{"text":"${'Ä1'.repeat(1500)}"}}\n`;
const askText = JSON.stringify({ query: '{ text(length: 3000) }' });
const askLength = JSON.stringify({
  query: 'query ($of: String!) { length(of: $of) }',
  variables: { of: 'Ä1'.repeat(10_000) },
});

/** A plugin of this host compresses and inflates by itself. */
const isPlain = ({ id }: Host) => id !== 'whatwg-compressed';

describeHosts({ suite: 'compression', needs: isPlain, speaksTLS: true }, (host, test) => {
  let server: Server;
  let transport: Transport;

  beforeAll(async () => {
    server = await host.launch('compression');
    transport =
      host.tls === 'h2' ? overHTTP2(server.url) : overSockets(server.url, { isSecure: host.tls !== undefined });
  });

  afterAll(async () => {
    await server.stop();
  });

  async function post(body: Message['body'], headers: Record<string, string> = {}): Promise<ReceivedResponse> {
    return await transport.send({ method: 'POST', target: '/', headers: { ...json, ...headers }, body });
  }

  const get = (headers: Record<string, string>) =>
    transport.send({ target: '/?query={text(length:3000)}', headers: { 'apollo-require-preflight': '1', ...headers } });

  async function ask(field: string): Promise<number> {
    const { json } = await post(JSON.stringify({ query: `{ ${field} }` }));
    return Object(json).data[field];
  }

  test('a response is compressed once, and keeps its headers', async () => {
    const sent = { 'accept-encoding': 'br;q=0, gzip', origin: 'https://a.test', 'x-cookies': '1' };
    const response = await post(askText, sent);
    expect([response.status, response.header('content-encoding')]).toEqual([200, 'gzip']);
    expect(gunzipSync(response.bytes).toString()).toBe(text);
    expect(Number(response.header('content-length') ?? response.bytes.byteLength)).toBe(response.bytes.byteLength);
    expect(response.header('vary')).toMatch(/accept-encoding/i);
    expect(response.header('access-control-allow-origin')).toBe('https://a.test');
    expect(response.all('set-cookie')).toEqual(['a=1', 'b=2']);
  });

  test('a response is left alone for a client that wants none compressed', async () => {
    for (const encoding of [undefined, 'identity', 'gzip;q=0', 'identity, gzip;q=0.5']) {
      const response = await post(askText, encoding === undefined ? {} : { 'accept-encoding': encoding });
      expect([response.header('content-encoding'), response.text]).toEqual([undefined, text]);
      expect(response.header('vary')).toMatch(/accept-encoding/i);
    }
  });

  test('a short response is left alone', async () => {
    const response = await post('{"query":"{ __typename }"}', { 'accept-encoding': 'gzip' });
    expect([response.header('content-encoding'), response.text]).toEqual([
      undefined,
      '{"data":{"__typename":"Query"}}\n',
    ]);
  });

  test('a client that has the compressed response already gets 304', async () => {
    const first = await get({ 'accept-encoding': 'gzip' });
    expect([first.status, first.header('content-encoding')]).toEqual([200, 'gzip']);
    const etag = first.header('etag') ?? '';
    expect(etag).toMatch(/^W\//);
    const second = await get({ 'accept-encoding': 'gzip', 'if-none-match': etag });
    expect([second.status, second.text, second.header('content-encoding')]).toEqual([304, '', undefined]);
    expect(second.header('vary')).toMatch(/accept-encoding/i);
  });

  test('a stream is left alone', async () => {
    const body = JSON.stringify({ query: '{ __typename ... @defer { text(length: 3000) } }' });
    const response = await post(body, {
      accept: 'multipart/mixed; deferSpec=20220824',
      'accept-encoding': 'gzip',
    });
    expect(response.header('content-encoding')).toBe(host.dropsIdentity ? undefined : 'identity');
    expect(response.text).toMatch(/"hasNext":true.*Ä1Ä1.*\r\n-----\r\n$/s);
  });

  test('a response to HEAD is left alone', async () => {
    const headers = { 'accept-encoding': 'gzip', 'apollo-require-preflight': '1' };
    const response = await transport.send({ method: 'HEAD', target: '/?query={text(length:3000)}', headers });
    expect([response.header('content-encoding'), response.text]).toEqual([undefined, '']);
  });

  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
  ] as const)
    test(`a body in ${encoding} is executed`, async () => {
      const { status, json } = await post(compress(askLength), { 'content-encoding': encoding });
      expect([status, json]).toEqual([200, { data: { length: 20_000 } }]);
    });

  test('an upload may be compressed', async () => {
    const form = new FormData();
    form.set('operations', '{"query":"mutation($file:Upload!){size(file:$file)}","variables":{"file":null}}');
    form.set('map', '{"0":["variables.file"]}');
    form.set('0', new File([noise(150_000)], 'a.bin'));
    const multipart = new Response(form);
    const contentType = multipart.headers.get('content-type') ?? '';
    const { json } = await post(gzipSync(await multipart.bytes()), {
      'content-type': contentType,
      'content-encoding': 'gzip',
      'apollo-require-preflight': '1',
    });
    expect(json).toEqual({ data: { size: 150_000 } });
  });

  const gzipped = gzipSync(askLength);
  const flipped = Buffer.from(gzipped).fill(0, gzipped.length - 8, gzipped.length - 4);
  for (const [name, body] of [
    ['cut off', gzipped.subarray(0, -20)],
    ['cut off in its checksum', gzipped.subarray(0, -3)],
    ['of another checksum', flipped],
    ['not compressed at all', Buffer.from(askLength)],
  ] as const)
    test(`a body that is ${name} gets 400, and is not executed`, async () => {
      const before = await ask('contexts');
      const { status, json } = await post(Buffer.from(body), { 'content-encoding': 'gzip' });
      expect([status, json]).toEqual([
        400,
        { errors: [expect.objectContaining({ extensions: { code: 'BAD_REQUEST' } })] },
      ]);
      expect(await ask('contexts')).toBe(before + 1);
    });

  test('an encoding that is not inflated gets 415, with those that are', async () => {
    for (const encoding of ['br', 'gzip, gzip', 'gzip, identity', 'zstd']) {
      const response = await post(brotliCompressSync(askText), { 'content-encoding': encoding });
      expect([response.status, response.header('accept-encoding')]).toEqual([415, 'gzip, deflate']);
    }
  });

  test('a bomb gets 413, and the next request is executed', async () => {
    const response = await post(bomb(100), { 'content-encoding': 'gzip' });
    expect([response.status, response.json]).toEqual([
      413,
      { errors: [expect.objectContaining({ extensions: { code: 'BAD_REQUEST' } })] },
    ]);
    expect(await ask('contexts')).toBeGreaterThan(0);
  });

  test('a bomb that CSRF prevention refuses is not inflated', async () => {
    const response = await post(bomb(10), { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
    expect([response.status, response.text]).toEqual([400, expect.stringContaining('Cross-Site Request Forgery')]);
  });

  // These need a socket of HTTP/1.1.
  if (host.tls === 'h2' || host.hidesBrokenBodies) return;
  const head = `POST / HTTP/1.1\r\nhost: a.test\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n`;

  async function open(framing: string, body: Uint8Array) {
    const socket = await transport.open(`${head}${framing}\r\n\r\n`);
    onTestFinished(() => void socket.destroy());
    let received = '';
    socket
      .on('error', () => {})
      .on('data', (part) => {
        received += part;
      });
    socket.write(body);
    return { socket, received: () => received };
  }

  test('a client that leaves in the middle of a body ends it', async () => {
    const before = { refusals: await ask('refusals'), contexts: await ask('contexts') };
    const { socket } = await open('content-length: 1000', gzipped.subarray(0, 60));
    socket.end();
    let asked = 0;
    await vi.waitFor(async () => {
      asked++;
      expect(await ask('refusals')).toBe(before.refusals + 1);
    }, 10_000);
    expect(await ask('contexts')).toBe(before.contexts + asked + 1);
  });

  test('a malformed body gets 400 while its client goes on sending', async () => {
    const { socket, received } = await open('transfer-encoding: chunked', Buffer.from('4\r\nabcd\r\n'));
    const timer = setInterval(() => socket.write('4\r\nabcd\r\n'), 5);
    onTestFinished(() => clearInterval(timer));
    await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1.1 400 /), 10_000);
  });

  test('a body that never inflates to anything gets 400', async () => {
    const emptyBlocks = Buffer.from('000000ffff'.repeat(2000), 'hex');
    const chunk = Buffer.concat([
      Buffer.from(`${emptyBlocks.length.toString(16)}\r\n`),
      emptyBlocks,
      Buffer.from('\r\n'),
    ]);
    const header = gzipSync('').subarray(0, 10);
    const { socket, received } = await open(
      'transfer-encoding: chunked',
      Buffer.concat([Buffer.from('a\r\n'), header, Buffer.from('\r\n')]),
    );
    for (let sent = 0; sent < 100 && received() === ''; sent++) {
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
    await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1.1 400 /), 10_000);
  });
});

const needs = (host: Host) => process.platform !== 'win32' && host.isOneProcess && isPlain(host);

describeHosts({ suite: 'bomb', needs }, ({ launch }, test) => {
  test('ten bombs of 1 MB that inflate to 1 GB get 413, and cost little memory', async () => {
    const server = await launch('compression');
    onTestFinished(async () => void (await server.stop()));
    const { send } = overSockets(server.url);
    const headers = { ...json, 'content-encoding': 'gzip' };
    const post = async (body: Message['body']) => (await send({ method: 'POST', target: '/', headers, body })).status;
    for (let request = 0; request < 20; request++) expect(await post(gzipSync(askText))).toBe(200);
    const body = bomb(1000);
    const before = await residentBytes(server);
    const bombs = Promise.all(Array.from({ length: 10 }, () => post(body)));
    const peak = await peakDuring(server, bombs);
    expect(await bombs).toEqual(Array.from({ length: 10 }, () => 413));
    expect(peak - before).toBeLessThan(150_000_000);
  });
});
