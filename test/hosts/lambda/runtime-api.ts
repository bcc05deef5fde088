import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** The response of a function to an event: a result, a stream that starts with the head of a response, or an error. */
export type Outcome =
  | { readonly kind: 'result'; readonly json: string }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: 'error'; readonly json: string };

interface Invocation {
  readonly id: string;
  readonly event: object;
  settle(outcome: Outcome): void;
}

/** The maximum duration of an invocation, in milliseconds. */
const timeout = 10_000;

/**
 * The Runtime API, from which Lambda's own runtime gets one event after the other.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeAPI {
  readonly server: Server = createServer((req, res) => void this.#handle(req, res));
  readonly #waiting: Invocation[] = [];
  readonly #open = new Map<string, Invocation>();
  #next: ServerResponse | undefined;

  /** Invokes the function. */
  async invoke(event: object): Promise<Outcome> {
    return await new Promise((settle) => {
      this.#waiting.push({ id: crypto.randomUUID(), event, settle });
      this.#advance();
    });
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [, id = '', part = ''] = /^\/2018-06-01\/runtime\/invocation\/(?:([^/]+)\/)?(\w+)$/.exec(req.url ?? '') ?? [];
    if (part === 'next') {
      this.#next = res;
      this.#advance();
      return;
    }
    const invocation = this.#open.get(id);
    if (invocation === undefined) {
      console.error(`${req.url}: ${await buffer(req)}`);
      res.writeHead(202).end();
      return;
    }
    this.#open.delete(id);
    if (req.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      invocation.settle({ kind: 'stream', chunks: req });
      req.once('end', () => res.writeHead(202).end());
      return;
    }
    const json = String(await buffer(req));
    invocation.settle({ kind: part === 'response' ? 'result' : 'error', json });
    res.writeHead(202).end();
  }

  #advance(): void {
    if (this.#next === undefined) return;
    const invocation = this.#waiting.shift();
    if (invocation === undefined) return;
    this.#open.set(invocation.id, invocation);
    this.#next.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(Date.now() + timeout),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:123456789012:function:graphql',
    });
    this.#next.end(JSON.stringify(invocation.event));
    this.#next = undefined;
  }
}
