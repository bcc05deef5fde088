import { unsendable } from '../core/fields.ts';
import { onClose } from './connection.ts';
import type { NodeIncoming, NodeOutgoing } from './objects.ts';
import { NodeResponse } from './response.ts';
import type { HeaderRecord } from './response-headers.ts';

/** Headers that Node.js sets itself, like `connection`. */
const hostHeaders = ['keep-alive', 'trailer', 'transfer-encoding'];

/** Headers of one connection: RFC 9113 §8.2.2. */
const forbiddenInHTTP2 = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
];

/** Sends a response of any class. */
export async function send(response: Response, req: NodeIncoming, res: NodeOutgoing): Promise<void> {
  const { status, statusText, headers, body } = response instanceof NodeResponse ? response.parts : response;
  const reader = isReadableStream(body) ? body.getReader() : undefined;
  const isHead = req.method === 'HEAD';
  try {
    const record = toRecord(headers, body, req, res);
    // A body of another size than declared would shift the next response on its connection. Plain headers come from the
    // core, which declares the right size, and checking costs some percent.
    if (record !== headers) res.strictContentLength = true;
    try {
      // HTTP/2 has no reason phrase.
      if (statusText && req.httpVersionMajor === 1) res.writeHead(status, statusText, record);
      else res.writeHead(status, record);
    } catch (error) {
      // What was set before the failure would be sent with the next head.
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      throw error;
    }
    if (reader !== undefined && !isHead) await pump(reader, req, res);
    let rest = isHead || isReadableStream(body) ? null : body;
    if (rest !== null && typeof rest !== 'string' && rest.byteLength >= (res.writableHighWaterMark ?? Infinity)) {
      await write(rest, req, res);
      rest = null;
    }
    res.end(rest);
  } finally {
    // This does nothing to a stream that was read to its end.
    reader?.cancel().catch(() => {});
  }
}

/** Recognises a stream by its method, because bridges and polyfills have classes of their own. */
function isReadableStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof (body as Partial<ReadableStream> | null)?.getReader === 'function';
}

/**
 * Returns the headers as an object, the one form that all versions of Node.js and all wrappers of `writeHead` treat
 * alike.
 */
function toRecord(headers: Headers | HeaderRecord, body: unknown, req: NodeIncoming, res: NodeOutgoing): HeaderRecord {
  // The response's headers of these names would replace those of a middleware.
  const cookies = res.getHeader('set-cookie');
  const vary = res.getHeader('vary');
  const isHTTP2 = req.httpVersionMajor === 2;
  const isRecord = !(Symbol.iterator in headers);
  if (isRecord && !isHTTP2 && cookies === undefined && vary === undefined) return headers;

  const record: HeaderRecord = {};
  for (const [key, values] of isRecord ? Object.entries(headers) : headers) {
    const name = key.toLowerCase();
    for (const value of [values].flat()) {
      if (unsendable.test(value)) throw new TypeError(`Invalid header: ${name}`);
      if (isRefused(name, value, isHTTP2)) continue;
      if (name === 'set-cookie') record[name] = [record[name] ?? cookies ?? [], value].flat().map(String);
      else if (name === 'vary') record[name] = [vary ?? [], value].flat().join(', ');
      else if (name === 'content-length' && ArrayBuffer.isView(body)) record[name] = String(body.byteLength);
      // White space around a value makes an HTTP/2 response malformed: RFC 9113 §8.2.1.
      else record[name] = value.trim();
    }
  }
  return record;
}

/** Whether a header is not the response's to set. `connection: close` is a wish that Node.js grants. */
function isRefused(name: string, value: string, isHTTP2: boolean): boolean {
  if (isHTTP2) return forbiddenInHTTP2.includes(name);
  return name === 'connection' ? !/^close$/i.test(value) : hostHeaders.includes(name);
}

/**
 * Writes a large body, and waits until the client takes it. When a server of Node.js is closed, it cuts off every
 * response that was ended, even if most of it is still to be sent.
 */
async function write(bytes: Uint8Array, req: NodeIncoming, res: NodeOutgoing): Promise<void> {
  await new Promise<void>((resolve) => {
    onClose(req, res, resolve);
    res.on('drain', resolve);
    if (res.write(bytes)) resolve();
  });
}

async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  req: NodeIncoming,
  res: NodeOutgoing,
): Promise<void> {
  let isClosed = false;
  let wake = () => {};
  onClose(req, res, () => {
    isClosed = true;
    wake();
    // Failures of the source are reported where it was created.
    reader.cancel().catch(() => {});
  });
  res.on('drain', () => wake());
  // A body that fails must end a response whose client does not read, too.
  reader.closed.catch(() => wake());
  // If the source is slow, the client gets the headers at once. If it is fast, they come together with the first chunk.
  const timer = setTimeout(() => res.flushHeaders?.());
  for (;;) {
    const { done, value } = await reader.read();
    clearTimeout(timer);
    if (done) break;
    if (!res.write(value) && !isClosed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
