import { type IncomingMessage, request as openRequest } from 'node:http';

/** A request as it goes over the wire: nothing is normalised on the way. */
export interface Message {
  readonly method?: string;
  /** The request target: a path, or whatever else a client may put there. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

/** An answer as it came over the wire. */
export class Answer {
  readonly status: number;
  /** Each header line on its own. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly bytes: Uint8Array;

  constructor(status: number, lines: readonly (readonly [name: string, value: string])[], bytes: Uint8Array) {
    this.status = status;
    this.lines = lines.map(([name, value]) => [name.toLowerCase(), value] as const);
    this.bytes = bytes;
  }

  /** The values of one header, a line each. */
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

/** Where a target is reached: the same message over a socket, or into the handler itself. */
export type Send = (message: Message) => Promise<Answer>;

/** Sends each message over a connection of its own. */
export function sendOverSocket(baseURL: string): Send {
  const { hostname, port } = new URL(baseURL);
  return ({ method = 'GET', target, headers = {}, body }) =>
    new Promise((resolve, reject) => {
      const outgoing = openRequest(
        { hostname, port, method, path: target, agent: false, headers: withLength(headers, body) },
        (incoming) => readAnswer(incoming).then(resolve, reject),
      );
      // A server may answer and hang up before it has read the whole body: then the answer counts.
      outgoing.on('error', (error) => {
        if (outgoing.res === null || outgoing.res === undefined) reject(error);
      });
      outgoing.end(body);
    });
}

/** Calls the handler with the runtime's own classes. */
export function sendInProcess(handler: (request: Request) => Promise<Response>): Send {
  return async ({ method = 'GET', target, headers = {}, body = null }) => {
    const request = new Request(`http://localhost${target}`, { method, headers, body });
    const response = await handler(request);
    return new Answer(response.status, [...response.headers], await response.bytes());
  };
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const bytes = Buffer.concat(await Array.fromAsync(incoming));
  const { rawHeaders, statusCode = 0 } = incoming;
  const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : []));
  return new Answer(statusCode, lines, bytes);
}

function withLength(headers: Readonly<Record<string, string>>, body: Message['body']): Record<string, string> {
  const isFramed = body === undefined || 'transfer-encoding' in headers || 'content-length' in headers;
  return isFramed ? { ...headers } : { ...headers, 'content-length': String(Buffer.byteLength(body)) };
}
