import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { limits, smallLimits } from '../apps/uploads.ts';
import { describeHosts, printedBy } from '../hosts/describe-hosts.ts';
import {
  awkwardFiles,
  boundary,
  contentType,
  described,
  describedFiles,
  formOf,
  head,
  noise,
  tail,
  uploadFile,
} from './request.ts';

const preflight = { 'apollo-require-preflight': 'yes' };

function headersOf(path: string, framing: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: a.test\r\ncontent-type: ${contentType}\r\napollo-require-preflight: 1\r\n${framing}\r\n\r\n`;
}

function chunk(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]);
}

describeHosts({ suite: 'multipart' }, (host, test) => {
  let server: Server;

  beforeAll(async () => {
    server = await host.launch('uploads');
  });

  afterAll(async () => {
    await server.stop();
    if (!host.logsRequests) expect(printedBy(server, host)).toBe('');
  });

  async function post(body: BodyInit, path = '/', headers: Readonly<Record<string, string>> = preflight) {
    const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body, ...{ duplex: 'half' } });
    return { status: response.status, body: await response.json() };
  }

  async function ask(field: string): Promise<unknown> {
    const { body } = await post(JSON.stringify({ query: `{${field}}` }), '/', { 'content-type': 'application/json' });
    return body.data[field];
  }

  /** Opens a connection, and collects what it receives. */
  async function open(): Promise<{ socket: Socket; received: () => string }> {
    let text = '';
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    // A connection may be reset after its response has arrived.
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return { socket, received: () => text };
  }

  const refusal = (message: string) => ({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });

  test('files arrive byte by byte as they were sent, with their names', async () => {
    const { status, body } = await post(formOf(awkwardFiles));
    expect({ status, body }).toEqual({
      status: 200,
      body: { data: { uploadFiles: await describedFiles(awkwardFiles) } },
    });
  });

  test('a file keeps its media type', async () => {
    const { body } = await post(formOf([new File([], 'a.txt', { type: 'text/plain' })]));
    expect(body).toMatchObject({ data: { uploadFiles: [{ type: 'text/plain' }] } });
  });

  test('a file of 10 MB arrives, declared and in chunks', async () => {
    const content = noise(limits.maxFileBytes);
    const expected = {
      status: 200,
      body: { data: { uploadFile: described('a.bin', 'application/octet-stream', content) } },
    };
    const blob = new Blob([head(), content, tail]);
    const headers = { ...preflight, 'content-type': contentType };
    expect(await post(blob, '/', headers)).toEqual(expected);
    expect(await post(blob.stream(), '/', headers)).toEqual(expected);
  });

  test('a batch and nested input hold files', async () => {
    const files = awkwardFiles.slice(0, 3);
    const form = new FormData();
    const query = 'mutation($album:Album!){uploadAlbum(album:$album){name type size sha256}}';
    const operations = [
      { query, variables: { album: { cover: null, pages: [null, null] } } },
      { query: uploadFile, variables: { file: null } },
    ];
    form.set('operations', JSON.stringify(operations));
    form.set(
      'map',
      JSON.stringify({
        0: ['0.variables.album.cover', '1.variables.file'],
        1: ['0.variables.album.pages.0'],
        2: ['0.variables.album.pages.1'],
      }),
    );
    for (const [index, file] of files.entries()) form.set(String(index), file);
    const expected = await describedFiles(files);
    expect(await post(form)).toEqual({
      status: 200,
      body: [{ data: { uploadAlbum: expected } }, { data: { uploadFile: expected[0] } }],
    });
  });

  test('chunks of one byte are put together', async () => {
    const content = noise(2000);
    const { socket, received } = await open();
    socket.setNoDelay(true);
    socket.write(headersOf('/', 'transfer-encoding: chunked'));
    for (const byte of Buffer.concat([Buffer.from(head()), content, Buffer.from(tail)])) {
      if (!socket.write(chunk(Uint8Array.of(byte)))) await new Promise((resolve) => socket.once('drain', resolve));
    }
    socket.write('0\r\n\r\n');
    const { sha256 } = described('', '', content);
    await vi.waitFor(() => expect(received()).toContain(sha256), 10_000);
  });

  test('a file of just the limit is taken, and one of a byte more gets a 413', async () => {
    const files = (size: number) => formOf([new File([new Uint8Array(size)], 'a')]);
    expect(await post(files(smallLimits.maxFileBytes), '/small')).toMatchObject({ status: 200 });
    expect(await post(files(smallLimits.maxFileBytes + 1), '/small')).toEqual({
      status: 413,
      body: refusal(`A file is larger than ${smallLimits.maxFileBytes} bytes.`),
    });
  });

  test('more files than the limit get a 400', async () => {
    const files = Array.from({ length: smallLimits.maxFiles + 1 }, () => new File([], 'a'));
    expect(await post(formOf(files), '/small')).toEqual({
      status: 400,
      body: refusal(`A request may upload at most ${smallLimits.maxFiles} files.`),
    });
  });

  test('a body over the limit gets a 413 in the middle of it', async () => {
    const files = Array.from({ length: 2 }, () => new File([new Uint8Array(80_000)], 'a'));
    const form = new Response(formOf(files));
    const { socket, received } = await open();
    const headers = headersOf('/small', 'transfer-encoding: chunked');
    socket.write(headers.replace(contentType, form.headers.get('content-type') ?? ''));
    socket.write(chunk(new Uint8Array(await form.arrayBuffer()).subarray(0, smallLimits.maxTotalBytes + 1)));
    const message = `The request body is larger than ${smallLimits.maxTotalBytes} bytes.`;
    await vi.waitFor(() => expect(received()).toContain(JSON.stringify(refusal(message))), 10_000);
    expect(received()).toMatch(/^HTTP\/1.1 413 /);
  });

  test('a file that never ends gets a 413 in the middle of it', async () => {
    const { socket, received } = await open();
    socket.write(headersOf('/small', 'transfer-encoding: chunked'));
    socket.write(chunk(head()));
    for (let sent = 0; sent < 140_000; sent += 10_000) socket.write(chunk(new Uint8Array(10_000)));
    const message = `A file is larger than ${smallLimits.maxFileBytes} bytes.`;
    await vi.waitFor(() => expect(received()).toContain(message), 10_000);
    expect(received()).toMatch(/^HTTP\/1.1 413 /);
    expect(await ask('hello')).toBe('world');
  });

  test('what stands before the first and after the last boundary is ignored, and padding', async () => {
    const body = `${head()}abc${tail}`.replaceAll(`--${boundary}\r\n`, `--${boundary} \t\r\n`);
    const { sha256 } = described('', '', Buffer.from('abc'));
    const headers = { ...preflight, 'content-type': contentType };
    expect(await post(`preamble\r\n${body} \r\n\r\n${head()}`, '/', headers)).toMatchObject({
      status: 200,
      body: { data: { uploadFile: { size: 3, sha256 } } },
    });
  });

  const malformed: Readonly<Record<string, string>> = {
    'an empty body': '',
    'a body without a part': `--${boundary}--`,
    'a body that is cut off': `${head()}abc`,
    'line ends of LF': `${head()}abc${tail}`.replaceAll('\r\n', '\n'),
    'another boundary': `${head()}abc${tail}`.replaceAll(boundary, 'another'),
    'a file twice': `${head()}abc\r\n--${boundary}\r\nContent-Disposition: form-data; name="0"; filename="b"\r\n\r\n${tail}`,
    'a header that never ends': `--${boundary}\r\n${'a'.repeat(10_000)}`,
    'a path to a prototype': `${head()}abc${tail}`.replace('variables.file', 'variables.__proto__'),
    'a file name with a NUL': `${head()}abc${tail}`.replace('a.bin', 'a\0bin'),
  };
  for (const [name, body] of Object.entries(malformed)) {
    test(`${name} gets a 400`, async () => {
      const { status, body: result } = await post(body, '/', { ...preflight, 'content-type': contentType });
      expect({ status, result }).toMatchObject({
        status: 400,
        result: { errors: [{ message: expect.any(String), extensions: { code: 'BAD_REQUEST' } }] },
      });
      expect(JSON.stringify(result)).not.toContain('stacktrace');
    });
  }

  test('with the header, and without CSRF prevention, a file is taken', async () => {
    expect(await post(formOf(awkwardFiles.slice(0, 1)), '/without-csrf-prevention')).toMatchObject({ status: 200 });
  });

  test('a handler that takes no uploads says so', async () => {
    const { socket, received } = await open();
    socket.write(`${headersOf('/off', 'content-length: 3')}abc`);
    const message = 'File uploads are off. The option "multipart" of the handler turns them on.';
    await vi.waitFor(() => expect(received()).toContain(JSON.stringify(refusal(message))), 10_000);
    expect(received()).toMatch(/^HTTP\/1.1 400 /);
  });

  // A proxy may read a whole body before it passes any of it on.
  if (!host.hidesBrokenBodies) {
    test('a declared length over the limit gets a 413 before the body', async () => {
      const { socket, received } = await open();
      socket.write(headersOf('/small', 'content-length: 150001'));
      await vi.waitFor(
        () => expect(received()).toContain(JSON.stringify(refusal('The request body is larger than 150000 bytes.'))),
        10_000,
      );
      expect(received()).toMatch(/^HTTP\/1.1 413 /);
    });

    test('a form without the header gets Apollo’s 400, with or without CSRF prevention, before its body', async () => {
      const uploads = await ask('uploads');
      const expected = { '/': 'Cross-Site Request Forgery', '/without-csrf-prevention': 'apollo-require-preflight' };
      for (const [path, message] of Object.entries(expected)) {
        const { socket, received } = await open();
        socket.write(headersOf(path, 'content-length: 1000000').replace('apollo-require-preflight: 1\r\n', ''));
        await vi.waitFor(() => expect(received()).toContain(message), 10_000);
        expect(received()).toMatch(/^HTTP\/1.1 400 /);
      }
      expect(await ask('uploads')).toBe(uploads);
    });

    const framings = { 'content-length: 100000': Buffer.from(head()), 'transfer-encoding: chunked': chunk(head()) };
    for (const [framing, body] of Object.entries(framings)) {
      test(`an upload whose client disconnects is refused, and not executed: ${framing}`, async () => {
        const before = { uploads: await ask('uploads'), refusals: Number(await ask('refusals')) };
        const { socket } = await open();
        socket.write(headersOf('/', framing));
        socket.write(body);
        socket.end();
        await vi.waitFor(async () => expect(await ask('refusals')).toBe(before.refusals + 1), 10_000);
        expect(await ask('uploads')).toBe(before.uploads);
      });
    }
  }
});
