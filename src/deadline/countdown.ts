import { GraphQLError } from 'graphql';
import { type Abandonable, abandoned } from '../core/abandoned.ts';
import { failurePart } from '../core/chunks.ts';
import { Passage } from '../shared/passage.ts';
import { replaceSignal } from '../shared/signal.ts';

const message = 'The response took too long.';

/** One request, and what happens to it when its time has passed. It is made for every request, so it is cheap. */
export class Countdown {
  isExpired = false;
  readonly #request: Request & Abandonable;
  readonly #respond: (error: GraphQLError) => void;
  #controller: AbortController | undefined;
  #passage: Passage | undefined;

  /** @param respond Responds in place of the handler. */
  constructor(request: Request, respond: (error: GraphQLError) => void) {
    this.#request = request;
    this.#respond = respond;
    replaceSignal(request, (own) => this.#follow(own()));
  }

  /** Whether the response may be a stream. A stream reads the signal, to notice that its client has left. */
  get isWatched(): boolean {
    return this.#controller !== undefined;
  }

  /** The client gets its response first. If the signal aborted first, a resolver that rejects would make another one. */
  expire(): void {
    const error = new GraphQLError(message, { extensions: { code: 'TIMEOUT' } });
    this.isExpired = true;
    this.#request[abandoned] = error;
    if (this.#passage === undefined) this.#respond(error);
    else this.#passage.finish(failurePart(this.#passage.isFirst, error));
    this.#controller?.abort(reason());
    this.#passage?.stop();
  }

  /** Passes a stream on until the time has passed. The last part then reports an error. */
  limit(body: ReadableStream<Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
    this.#passage = new Passage(body, onEnd);
    return this.#passage.stream;
  }

  /** Returns a signal that aborts when the request's own signal aborts, too. */
  #follow(own: AbortSignal | undefined): AbortSignal {
    const controller = new AbortController();
    this.#controller = controller;
    const abort = () => controller.abort(own?.reason);
    if (this.isExpired) controller.abort(reason());
    else if (own?.aborted) abort();
    else own?.addEventListener('abort', abort, { once: true });
    return controller.signal;
  }
}

function reason(): DOMException {
  return new DOMException(message, 'TimeoutError');
}
