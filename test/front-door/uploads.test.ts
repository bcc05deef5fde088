import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { maxBodyBytes } from '../apps/front-door.ts';
import { describeHosts } from '../hosts/describe-hosts.ts';

const head = 'POST / HTTP/1.1\r\nhost: a.test\r\ncontent-type: application/json\r\n';
const hello = '{"query":"{hello}"}';
const wholeRequest = `${head}content-length: ${hello.length}\r\n\r\n${hello}`;
const tooLarge = `{"errors":[{"message":"The request body is larger than ${maxBodyBytes} bytes.","extensions":{"code":"BAD_REQUEST"}}]}\n`;

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

describeHosts({ suite: 'uploads', needs: ({ hidesBrokenBodies }) => !hidesBrokenBodies }, (host, test) => {
  let server: Server;

  beforeAll(async () => {
    server = await host.launch('front-door');
  });

  afterAll(async () => {
    await server.stop();
  });

  /** Opens a connection, and collects the text that it receives. */
  async function open(): Promise<{ socket: Socket; received: () => string; isClosed: () => boolean }> {
    let text = '';
    let isClosed = false;
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    socket.on('close', () => {
      isClosed = true;
    });
    // A connection may be reset after its response has arrived. `isClosed` reports that.
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return { socket, received: () => text, isClosed: () => isClosed };
  }

  async function ask(query: string): Promise<unknown> {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return await response.json();
  }

  /** Sends a request and expects a refusal. Returns how many other requests the server executed meanwhile. */
  async function expectRefusal(status: string, body: string, send: (socket: Socket) => void): Promise<number> {
    const { socket, received, isClosed } = await open();
    send(socket);
    await vi.waitFor(() => expect(received()).toContain(body), 10_000);
    expect(received()).toMatch(
      new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*content-type: application/json; charset=utf-8`, 'i'),
    );
    // The connection is either usable or closed.
    const hasSecondResponse = () => received().includes('{"data":{"hello":"world"}}');
    if (!isClosed()) socket.write(wholeRequest);
    await vi.waitFor(() => expect(isClosed() || hasSecondResponse()).toBe(true), 10_000);
    expect(await ask('{hello}')).toEqual({ data: { hello: 'world' } });
    return hasSecondResponse() ? 2 : 1;
  }

  // workerd resets the connection of an upload that continues after the response. The reset may overtake the response.
  // A client that waits for the response receives it, as the test after these shows.
  const sizes = { 'just over the limit': maxBodyBytes + 1, 'far over the limit': 40 * maxBodyBytes };
  for (const [name, size] of Object.entries(sizes)) {
    if (host.resetsUploads && size > maxBodyBytes + 1) continue;
    test(`responds 413 to a chunked upload ${name}`, async () => {
      await expectRefusal('413', tooLarge, (socket) => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
        for (let sent = 0; sent < size; sent += 10_000) socket.write(chunk(' '.repeat(Math.min(10_000, size - sent))));
        socket.write('0\r\n\r\n');
      });
    });
  }

  test('responds 413 in the middle of an upload that never ends', async () => {
    const { socket, received } = await open();
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    for (let sent = 0; sent <= maxBodyBytes; sent += 10_000) socket.write(chunk(' '.repeat(10_000)));
    await vi.waitFor(() => expect(received()).toContain(tooLarge), 10_000);
  });

  test('responds 413 to a declared length over the limit', async () => {
    await expectRefusal('413', tooLarge, (socket) => {
      socket.write(`${head}content-length: ${2 * maxBodyBytes}\r\n\r\n`);
      socket.write(' '.repeat(2 * maxBodyBytes));
    });
  });

  test('responds 413 to a declared length before the body', async () => {
    const { socket, received } = await open();
    socket.write(`${head}content-length: ${maxBodyBytes + 1}\r\n\r\n`);
    await vi.waitFor(() => expect(received()).toContain(tooLarge), 10_000);
  });

  test('refuses a request that CSRF prevention blocks, however large, without a context', async () => {
    const contexts = async () => Object(await ask('{contexts}')).data.contexts;
    const before = await contexts();
    const executed = await expectRefusal('400', 'Cross-Site Request Forgery', (socket) => {
      socket.write(`${head.replace('application/json', 'text/plain')}content-length: ${2 * maxBodyBytes}\r\n\r\n`);
      socket.write(' '.repeat(2 * maxBodyBytes));
    });
    expect(await contexts()).toBe(before + executed + 1);
  });

  test('puts together a body that arrives byte by byte', async () => {
    const { socket, received } = await open();
    const text = '\uFEFF{"query":"query($v: JSON) {echo(value: $v)}","variables":{"v":"日本 🚀"}}';
    const bytes = Buffer.from(text);
    socket.setNoDelay(true);
    socket.write(`${head}content-length: ${bytes.length}\r\n\r\n`);
    for (const byte of bytes) await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
    await vi.waitFor(() => expect(received()).toContain('{"data":{"echo":"日本 🚀"}}'), 10_000);
  });

  for (const [framing, body] of [
    ['content-length: 1000', hello],
    ['transfer-encoding: chunked', chunk(hello)],
  ])
    test(`does not execute a request whose client disconnected before its body was complete: ${framing}`, async () => {
      const refusals = async () => Object(await ask('{refusals}')).data.refusals;
      const contexts = async () => Object(await ask('{contexts}')).data.contexts;
      const [refusalsBefore, contextsBefore] = [await refusals(), await contexts()];
      const { socket } = await open();
      socket.write(`${head}${framing}\r\n\r\n${body}`);
      socket.end();
      let asked = 0;
      await vi.waitFor(async () => {
        asked++;
        expect(await refusals()).toBe(refusalsBefore + 1);
      }, 10_000);
      expect(await contexts()).toBe(contextsBefore + asked + 1);
    });

  // Most of these requests never reach the handler. No host may turn one into a request that the handler executes.
  for (const framing of [
    'content-length: abc',
    'content-length: -1',
    `content-length: ${hello.length}\r\ncontent-length: 1`,
    `content-length: 1\r\ntransfer-encoding: chunked`,
    'transfer-encoding: gzip',
    'content-length: 99999999999999999999999',
  ])
    test(`takes no harm from a body framed by ${JSON.stringify(framing)}`, async () => {
      const { socket, received, isClosed } = await open();
      socket.end(`${head}${framing}\r\n\r\n${hello}`);
      await vi.waitFor(() => expect(isClosed() || /^HTTP\/1.1 4/.test(received())).toBe(true), 10_000);
      expect(received()).not.toContain('world');
      expect(await ask('{hello}')).toEqual({ data: { hello: 'world' } });
    });

  // Bytes after the end of a body belong to the next request, or to none.
  test('passes on no more of a body than its declared length', async () => {
    const { socket, received, isClosed } = await open();
    socket.write(`${head}content-length: ${hello.length}\r\n\r\n${hello}${' '.repeat(2 * maxBodyBytes)}`);
    await vi.waitFor(() => expect(isClosed() || received().includes('world')).toBe(true), 10_000);
    expect(received()).not.toContain('413');
    expect(await ask('{hello}')).toEqual({ data: { hello: 'world' } });
  });

  for (const framing of [
    'content-length: 1\r\ntransfer-encoding: chunked',
    'transfer-encoding: chunked\r\ncontent-length: 1',
  ])
    test(`bounds an upload framed by ${JSON.stringify(framing)}`, async () => {
      const { socket, received, isClosed } = await open();
      socket.write(`${head}${framing}\r\n\r\n${chunk(' '.repeat(maxBodyBytes))}`);
      socket.write(`${chunk(' ')}0\r\n\r\n`);
      await vi.waitFor(() => expect(isClosed() || /^HTTP\/1.1 4/.test(received())).toBe(true), 10_000);
      expect(received()).toMatch(/^(HTTP\/1.1 4(00|13) |$)/);
      expect(await ask('{hello}')).toEqual({ data: { hello: 'world' } });
    });

  test('refuses a compressed body', async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(hello),
    });
    expect([response.status, await response.json()]).toEqual([
      415,
      {
        errors: [
          { message: 'The request body must not have a content-encoding.', extensions: { code: 'BAD_REQUEST' } },
        ],
      },
    ]);
  });

  test('keeps serving while 200 clients upload too much', async () => {
    const uploads = Array.from({ length: 200 }, async () => {
      const { socket, received } = await open();
      socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
      socket.write(chunk(' '.repeat(2 * maxBodyBytes)));
      await vi.waitFor(() => expect(received()).toContain(tooLarge), 20_000);
    });
    expect(await ask('{hello}')).toEqual({ data: { hello: 'world' } });
    await Promise.all(uploads);
    expect(await ask('{hello}')).toEqual({ data: { hello: 'world' } });
  });
});
