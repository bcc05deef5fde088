import { once } from 'node:events';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { connect as connectHTTP2 } from 'node:http2';
import { request as openSecureRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { connect as connectSecurely } from 'node:tls';
import { clientTLS } from '../hosts/tls.ts';

/** A request exactly as it is sent over the wire. Nothing is normalised. */
export interface Message {
  readonly method?: string;
  /** The request target: a path, or whatever else a client may put there. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
}

/** A response as it came over the wire. */
export class ReceivedResponse {
  readonly status: number;
  /** Each header line on its own. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly bytes: Uint8Array;

  constructor(status: number, lines: readonly (readonly [name: string, value: string])[], bytes: Uint8Array) {
    this.status = status;
    this.lines = lines.map(([name, value]) => [name.toLowerCase(), value] as const);
    this.bytes = bytes;
  }

  /** Returns the values of one header, one for each line. */
  all(name: string): string[] {
    return this.lines.filter(([other]) => other === name).map(([, value]) => value);
  }

  header(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  get json(): unknown {
    return JSON.parse(this.text);
  }
}

export type Send = (message: Message) => Promise<ReceivedResponse>;

/** Sends messages to a handler, over sockets or by calling it. */
export interface Transport {
  readonly send: Send;
  /** Writes to a socket and leaves it open. */
  open(text: string): Promise<Socket>;
}

/** Sends every message over its own connection. */
export function overSockets(baseURL: string, { isSecure = false } = {}): Transport {
  const { hostname, port } = new URL(baseURL);
  const send: Send = ({ method = 'GET', target, headers = {}, body }) =>
    new Promise((resolve, reject) => {
      const outgoing = (isSecure ? openSecureRequest : openRequest)({
        ...(isSecure && clientTLS),
        hostname,
        port,
        method,
        path: target,
        headers: withLength(headers, body),
        agent: false,
        signal: AbortSignal.timeout(10_000),
      });
      outgoing.once('response', (incoming) => readResponse(incoming).then(resolve, reject));
      outgoing.on('error', reject);
      // Node.js would encode the headers as UTF-8 if the body were a string.
      outgoing.end(body && Buffer.from(body));
    });
  return {
    send,
    async open(text) {
      const connection = connect(Number(port), hostname);
      await once(connection, 'connect');
      const socket = isSecure ? await secure(connection) : connection;
      socket.write(text);
      return socket;
    },
  };
}

async function secure(connection: Socket): Promise<Socket> {
  const socket = connectSecurely({ ...clientTLS, socket: connection });
  await once(socket, 'secureConnect');
  // Only the underlying connection can be reset.
  return Object.assign(socket, { resetAndDestroy: () => connection.resetAndDestroy() });
}

/** Sends every message over its own HTTP/2 connection. */
export function overHTTP2(baseURL: string): Transport {
  const { hostname, port } = new URL(baseURL);
  return {
    async send({ method = 'GET', target, headers: { host = `${hostname}:${port}`, ...headers } = {}, body }) {
      const session = connectHTTP2(`https://${hostname}:${port}`, {
        createConnection: () =>
          connectSecurely({ ...clientTLS, port: Number(port), host: hostname, ALPNProtocols: ['h2'] }),
      });
      try {
        const stream = session.request({ ':method': method, ':path': target, ':authority': host, ...headers });
        stream.setTimeout(10_000, () => stream.destroy(new Error('There was no response within 10 s.')));
        stream.end(body);
        const [head] = await once(stream, 'response');
        const lines = Object.entries<string | string[]>(head).flatMap(([name, value]) =>
          name.startsWith(':') ? [] : [value].flat().map((value) => [name, value] as const),
        );
        return new ReceivedResponse(head[':status'], lines, await buffer(stream));
      } finally {
        session.destroy();
      }
    },
    open: noSocket,
  };
}

/** Calls the handler with the classes of this runtime. */
export function inProcess(handler: (request: Request) => Promise<Response>): Transport {
  return {
    async send({ method = 'GET', target, headers = {}, body = null }) {
      const request = new Request(`http://localhost${target}`, { method, headers: { ...headers }, body });
      const response = await handler(request);
      return new ReceivedResponse(response.status, [...response.headers], await response.bytes());
    },
    open: noSocket,
  };
}

/**
 * Sends messages to a host where only one path reaches the handler. Every message goes to that path. A header tells
 * the application which variant of the server the case asks for.
 */
export function overRoute(route: string, { send, open }: Transport): Transport {
  return {
    send(message) {
      const [path = '', ...query] = message.target.split(/(?=\?)/);
      if (!variantPattern.test(path)) return send(message);
      const rest = path.replace(variantPattern, '');
      return send({
        ...message,
        target: `${rest}${route}${query.join('')}`,
        headers: { ...message.headers, 'x-path': path },
      });
    },
    open: (text) =>
      open(
        text.replace(
          / (\/[^\s?]*)(\S*) HTTP\/1\.1\r\n/g,
          (_, path, query) => ` ${route}${query} HTTP/1.1\r\nx-path: ${path}\r\n`,
        ),
      ),
  };
}

/** The path of a variant, at the end of a target. */
const variantPattern = /\/[a-z-]+(?:\/[0-9a-f]{8}-[0-9a-f-]+)?$/;

async function noSocket(): Promise<never> {
  throw new Error('There is no socket of HTTP/1.1: mark the case with `wire`.');
}

async function readResponse(incoming: IncomingMessage): Promise<ReceivedResponse> {
  const bytes = await buffer(incoming);
  const { rawHeaders, statusCode = 0 } = incoming;
  const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : []));
  return new ReceivedResponse(statusCode, lines, bytes);
}

function withLength(headers: Readonly<Record<string, string>>, body: Message['body']): Record<string, string> {
  const isFramed = body === undefined || 'transfer-encoding' in headers || 'content-length' in headers;
  return isFramed ? { ...headers } : { ...headers, 'content-length': String(Buffer.byteLength(body)) };
}
