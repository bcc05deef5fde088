import { connect, type Socket } from 'node:net';

export interface Head {
  readonly status: number;
  readonly headers: Headers;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Send only this many bytes of the body, like a client that disconnects half-way through. */
  readonly sendOnly?: number;
  /** Send the body once this has resolved, so that it is not in one packet with the headers. */
  readonly bodyLater?: Promise<unknown>;
}

/** One HTTP request on its own socket. The response is read exactly as it arrives, which `fetch` would hide. */
export class Call {
  readonly #socket: Socket;
  readonly #data: AsyncIterator<Buffer>;
  // A proxy may cut a chunk inside a character.
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #buffer = Buffer.alloc(0);
  #head: Promise<Head> | undefined;

  constructor(url: string, { method = 'POST', headers = {}, body = '', sendOnly = Infinity, bodyLater }: CallOptions) {
    const { hostname, port, pathname, search, host } = new URL(url);
    const bytes = Buffer.from(body);
    const lines = Object.entries({
      host,
      ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket = connect(Number(port), hostname);
    this.#socket.setNoDelay(true);
    // A reset makes the reading of the response fail.
    this.#socket.on('error', () => {});
    const head = Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`);
    if (bodyLater === undefined) {
      this.#socket.write(Buffer.concat([head, bytes.subarray(0, sendOnly)]));
    } else {
      this.#socket.write(head);
      void bodyLater.then(() => this.#socket.write(bytes));
    }
    this.#data = this.#socket[Symbol.asyncIterator]();
  }

  /** Waits for the status line and the headers. */
  async head(): Promise<Head> {
    this.#head ??= this.#readHead();
    return await this.#head;
  }

  /** Reads the next HTTP chunk as framed, or a whole body with a `content-length`. Returns `undefined` at the end. */
  async next(): Promise<string | undefined> {
    const { headers } = await this.head();
    const length = headers.get('content-length');
    if (length !== null) {
      headers.delete('content-length');
      return this.#decode(await this.#read(Number(length)));
    }
    if (headers.get('transfer-encoding') !== 'chunked') return undefined;
    const size = Number.parseInt(await this.#readLine(), 16);
    const chunk = this.#decode(await this.#read(size));
    await this.#read(2);
    if (size > 0) return chunk;
    headers.delete('transfer-encoding');
    return undefined;
  }

  /** Reads all remaining chunks. */
  async rest(): Promise<string[]> {
    const chunks: string[] = [];
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) chunks.push(chunk);
    return chunks;
  }

  /** Waits until the connection is open. */
  async connected(): Promise<void> {
    if (this.#socket.connecting) await new Promise((resolve) => this.#socket.once('connect', resolve));
  }

  /** Disconnects with a FIN or with a reset. */
  disconnect(how: 'FIN' | 'RST'): void {
    if (how === 'FIN') this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #decode(bytes: Buffer): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  async #readHead(): Promise<Head> {
    const status = Number((await this.#readLine()).split(' ')[1]);
    const headers = new Headers();
    for (let line = await this.#readLine(); line !== ''; line = await this.#readLine()) {
      const colon = line.indexOf(':');
      headers.append(line.slice(0, colon), line.slice(colon + 1));
    }
    return { status, headers };
  }

  async #readLine(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end !== -1) {
        const line = this.#buffer.toString('latin1', 0, end);
        this.#buffer = this.#buffer.subarray(end + 2);
        return line;
      }
      await this.#readMore();
    }
  }

  async #read(size: number): Promise<Buffer> {
    while (this.#buffer.length < size) await this.#readMore();
    const bytes = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return bytes;
  }

  async #readMore(): Promise<void> {
    const { done, value } = await this.#data.next();
    if (done) throw new Error('The connection ended early.');
    this.#buffer = Buffer.concat([this.#buffer, value]);
  }
}
