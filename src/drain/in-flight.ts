import { writeHeaders } from '../shared/headers.ts';
import { replaceSignal } from '../shared/signal.ts';
import { isStream, protocolOf, watch } from '../shared/watch.ts';

/** A request whose response is not complete. It is made for every request, so the rest is made when it is needed. */
export class InFlight {
  readonly #onEnd: (request: InFlight) => void;
  #controller: AbortController | undefined;
  #isAborted: boolean;
  #failUnread: (() => void) | undefined;

  constructor(request: Request, isAborted: boolean, onEnd: (request: InFlight) => void) {
    this.#onEnd = onEnd;
    this.#isAborted = isAborted;
    replaceSignal(request, (own) => this.#follow(own()));
  }

  end(): void {
    this.#onEnd(this);
  }

  /** Aborts the signal of the request. */
  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(new DOMException('The server is stopping.', 'AbortError'));
  }

  /** Ends the connection of a subscription whose client does not read. */
  failUnread(): void {
    this.#failUnread?.();
  }

  /** Returns the response to send. The request ends with it, or with the last part of a stream. */
  respond(response: Response, isStopping: boolean): Response {
    // A stream reads the signal of its request, to notice that the client has left. No other response costs anything.
    if (this.#controller === undefined && !isStopping) {
      this.end();
      return response;
    }
    const protocol = protocolOf(response);
    // Without this header, the host keeps an idle connection open for a while. A subscription gets it from the start:
    // when the server stops, it is too late for a header.
    const sent = isStopping || protocol ? close(response) : response;
    if (!isStream(sent)) {
      this.end();
      return sent;
    }
    const { signal } = this.#stop;
    const { stream, failUnread } = watch(sent.body, signal, protocol, () => this.end());
    if (protocol) this.#failUnread = failUnread;
    if (isStopping) this.failUnread();
    return new Response(stream, sent);
  }

  get #stop(): AbortController {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.abort();
    }
    return this.#controller;
  }

  /** Returns a signal that aborts when the request's own signal aborts, too. */
  #follow(own: AbortSignal | undefined): AbortSignal {
    const stop = this.#stop;
    const abort = () => stop.abort(own?.reason);
    if (own?.aborted) abort();
    // `AbortSignal.any` costs more, and does not take the signals of every bridge.
    else own?.addEventListener('abort', abort, { once: true });
    return stop.signal;
  }
}

/** Tells the client not to use the connection again. */
function close(response: Response): Response {
  // The headers of a network error and of a switch of protocols cannot be written.
  if (response.status < 200) return response;
  return writeHeaders(response, (headers) => headers.set('connection', 'close'));
}
