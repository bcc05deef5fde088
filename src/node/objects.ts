/** The members that are used of a Node.js request: an `IncomingMessage` or an `Http2ServerRequest`. */
export interface NodeIncoming {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly httpVersionMajor: number;
  readonly socket: {
    readonly destroyed: boolean;
    readonly encrypted?: unknown;
    on(event: 'close', listener: () => void): unknown;
  };
  /** The whole request target, if a framework has shortened `url`. */
  readonly originalUrl?: string | undefined;
  /** The bytes that a body parser has read. */
  readonly rawBody?: unknown;
  /** The value that a body parser has parsed from them. */
  readonly body?: unknown;
  readonly aborted?: boolean | undefined;
  readonly complete?: boolean | undefined;
  readonly destroyed: boolean;
  readonly readableDidRead: boolean;
  readonly readableEnded: boolean;
  readonly readableLength: number;
  read(): unknown;
  resume(): unknown;
  destroy(): unknown;
  on(event: 'readable' | 'end' | 'close', listener: () => void): unknown;
  off(event: 'readable', listener: () => void): unknown;
}

/** The members that are used of a Node.js response: a `ServerResponse` or an `Http2ServerResponse`. */
export interface NodeOutgoing {
  /** `null` while the response to an earlier request of the same connection is being sent. */
  readonly socket: object | null;
  /** Only an HTTP/2 response has it. */
  readonly stream?: NodeHTTP2Stream | undefined;
  readonly closed: boolean;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  /** From how many bytes on `write` returns `false`. */
  readonly writableHighWaterMark?: number;
  /** Makes Node.js refuse a body whose size is not the declared one. An HTTP/2 response does not have it. */
  strictContentLength?: boolean;
  getHeaderNames(): string[];
  removeHeader(name: string): unknown;
  getHeader(name: string): number | string | readonly string[] | undefined;
  writeHead(status: number, headers?: Record<string, string | string[]>): unknown;
  writeHead(status: number, statusText: string, headers?: Record<string, string | string[]>): unknown;
  flushHeaders?(): unknown;
  write(chunk: Uint8Array): boolean;
  end(chunk?: string | Uint8Array | null): unknown;
  destroy(): unknown;
  on(event: 'close' | 'drain' | 'finish', listener: () => void): unknown;
}

interface NodeHTTP2Stream {
  readonly closed: boolean;
  destroy(error?: Error): unknown;
  on(event: 'finish', listener: () => void): unknown;
}
