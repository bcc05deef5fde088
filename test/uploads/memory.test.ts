import { connect } from 'node:net';
import process from 'node:process';
import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { limits } from '../apps/uploads.ts';
import { describeHosts } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { peakDuring, residentBytes } from '../hosts/memory.ts';
import { contentType, head, noise, tail } from './request.ts';

// A busy machine needs some time for a body in so many chunks.
vi.setConfig({ testTimeout: 90_000 });

const MB = 1_000_000;
const needs = ({ isOneProcess }: Host) => process.platform !== 'win32' && isOneProcess;

describeHosts({ suite: 'upload memory', needs }, ({ launch, readsSlowly }, test) => {
  const content = noise(limits.maxFileBytes);
  let server: Server;

  async function post(body: Blob): Promise<number> {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': contentType, 'apollo-require-preflight': 'yes' },
      body,
    });
    await response.text();
    return response.status;
  }

  beforeEach(async () => {
    server = await launch('uploads');
    for (let request = 0; request < 20; request++) await post(new Blob([head(), tail]));
  });

  afterEach(async () => {
    await server.stop();
  });

  // Memory holds the pieces of a file, the file itself and the copy that the resolver hashes.
  test('four files of 10 MB at once cost a few times their size', async () => {
    const body = new Blob([head(), content, tail]);
    const before = await residentBytes(server);
    const uploads = Promise.all(Array.from({ length: 4 }, () => post(body)));
    const peak = await peakDuring(server, uploads);
    expect(await uploads).toEqual([200, 200, 200, 200]);
    expect(peak - before).toBeLessThan(250 * MB);
  });

  test('a file that is too large costs no more than one that is not', async () => {
    const body = new Blob([head(), content, content, tail]);
    const before = await residentBytes(server);
    const uploads = Promise.all(Array.from({ length: 4 }, () => post(body).catch(() => 413)));
    const peak = await peakDuring(server, uploads);
    expect(await uploads).toEqual([413, 413, 413, 413]);
    expect(peak - before).toBeLessThan(250 * MB);
  });

  test('a file in one-byte chunks costs little more than its bytes, four at once', async () => {
    const { chunks, bound } = readsSlowly ? { chunks: 30_000, bound: 100 * MB } : { chunks: 150_000, bound: 64 * MB };
    const oneByteChunks = '1\r\n \r\n'.repeat(1000);
    const before = await residentBytes(server);
    const uploads = Array.from({ length: 4 }, async () => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      const framing = 'transfer-encoding: chunked\r\napollo-require-preflight: 1';
      socket.write(`POST / HTTP/1.1\r\nhost: a.test\r\ncontent-type: ${contentType}\r\n${framing}\r\n\r\n`);
      const chunkOf = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
      socket.write(chunkOf(head()));
      for (let sent = 0; sent < chunks; sent += 1000) {
        const isTaken = socket.write(oneByteChunks);
        if (!isTaken) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
      }
      const response = new Promise<string>((resolve) => socket.setEncoding('utf8').once('data', resolve));
      socket.write(`${chunkOf(tail)}0\r\n\r\n`);
      expect(await response).toMatch(/^HTTP\/1.1 200 /);
    });
    const peak = await peakDuring(server, Promise.all(uploads));
    expect(peak - before).toBeLessThan(bound);
  });
});
