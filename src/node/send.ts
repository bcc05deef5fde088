import { onClose } from './connection.ts';
import type { NodeIncoming, NodeOutgoing } from './objects.ts';
import { NodeResponse } from './response.ts';

/** Connection headers, which HTTP/2 forbids: RFC 9113 §8.2.2. */
const connectionHeaders = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

/** Sends a response of any class. */
export async function send(response: Response, req: NodeIncoming, res: NodeOutgoing): Promise<void> {
  const { status, statusText, headers, body } = response instanceof NodeResponse ? response.parts : response;
  const reader = isStream(body) ? body.getReader() : undefined;
  const isHead = req.method === 'HEAD';
  try {
    const record = toRecord(headers, req, res);
    // HTTP/2 has no reason phrase.
    if (statusText && req.httpVersionMajor === 1) res.writeHead(status, statusText, record);
    else res.writeHead(status, record);
    if (reader !== undefined && !isHead) await pump(reader, req, res);
    res.end(isHead || isStream(body) ? null : body);
  } finally {
    // This does nothing to a stream that was read to its end.
    reader?.cancel().catch(() => {});
  }
}

/** Recognises a stream by its method, because bridges and polyfills have classes of their own. */
function isStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof (body as Partial<ReadableStream> | null)?.getReader === 'function';
}

/**
 * Returns the headers as an object, the one form that all versions of Node.js and all wrappers of `writeHead` treat
 * alike.
 */
function toRecord(
  headers: Headers | Record<string, string>,
  req: NodeIncoming,
  res: NodeOutgoing,
): Record<string, string | string[]> {
  // The response's headers of these names would replace those of a middleware.
  const cookies = res.getHeader('set-cookie');
  const vary = res.getHeader('vary');
  const isHTTP2 = req.httpVersionMajor === 2;
  const isRecord = !(Symbol.iterator in headers);
  if (isRecord && !isHTTP2 && cookies === undefined && vary === undefined) return headers;

  const record: Record<string, string | string[]> = {};
  for (const [key, value] of isRecord ? Object.entries(headers) : headers) {
    const name = key.toLowerCase();
    if (name === 'set-cookie') record[name] = [record[name] ?? cookies ?? [], value].flat().map(String);
    else if (name === 'vary') record[name] = [vary ?? [], value].flat().join(', ');
    else if (!(isHTTP2 && connectionHeaders.includes(name))) record[name] = value;
  }
  return record;
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
