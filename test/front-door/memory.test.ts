import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { describeHosts } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { peakDuring, residentBytes } from '../hosts/memory.ts';

// A busy machine takes a while to read a body of this many chunks.
vi.setConfig({ testTimeout: 90_000 });

const MB = 1_000_000;

const head =
  'POST /default-limits HTTP/1.1\r\nhost: a.test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
const oneByteChunk = '1\r\n \r\n';

const needs = ({ isOneProcess }: Host) => process.platform !== 'win32' && isOneProcess;

// A client decides how many chunks it sends. The memory of a server must depend on the bytes, which are limited.
describeHosts({ suite: 'memory', needs }, ({ launch, readsSlowly }, test) => {
  /** How many chunks the host reads in a second or two, and how much memory four bodies may cost, in bytes. */
  const { chunks, bound } = readsSlowly ? { chunks: 30_000, bound: 100 * MB } : { chunks: 300_000, bound: 64 * MB };
  let server: Server;

  beforeEach(async () => {
    server = await launch('front-door');
    for (let request = 0; request < 20; request++) await ask();
  });

  afterEach(async () => {
    await server.stop();
  });

  async function ask(): Promise<unknown> {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{hello}"}',
    });
    return await response.json();
  }

  /** Sends this many one-byte chunks, and waits whenever the socket is full. */
  async function upload(count: number): Promise<Socket> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.write(head);
    for (let sent = 0; sent < count; sent += 1000) {
      const isTaken = socket.write(oneByteChunk.repeat(Math.min(1000, count - sent)));
      if (!isTaken) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
    return socket;
  }

  test('four bodies in one-byte chunks cost little more memory than their bytes', async () => {
    const before = await residentBytes(server);
    const uploads = Array.from({ length: 4 }, async () => {
      const socket = await upload(chunks);
      const response = new Promise<string>((resolve) => socket.setEncoding('utf8').once('data', resolve));
      socket.write('0\r\n\r\n');
      expect(await response).toMatch(/^HTTP\/1.1 400 /);
    });
    const peak = await peakDuring(server, Promise.all(uploads));
    expect(peak - before).toBeLessThan(bound);
  });

  test('200 clients that never finish a body in one-byte chunks leave the server free for others', async () => {
    const before = await residentBytes(server);
    const uploads = Promise.all(Array.from({ length: 200 }, () => upload(chunks / 30)));
    expect((await peakDuring(server, uploads)) - before).toBeLessThan(400 * MB);
    expect(await ask()).toEqual({ data: { hello: 'world' } });
  });
});
