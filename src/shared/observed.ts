import { type Abandonable, abandoned } from '../core/abandoned.ts';
import { observer } from '../core/observer.ts';
import type { FetchHandler } from '../core/options.ts';
import { createClock } from './clock.ts';
import { MAX_CODES, MAX_LENGTH, Observation } from './observation.ts';
import { type Ending, Passage } from './passage.ts';
import { type ReadSignal, signalOf } from './signal.ts';
import { isStream } from './watch.ts';

/** How a request ended. All times are in milliseconds since the handler was called. */
export interface RequestReport {
  /** The name of the operation, cut after 100 characters. `undefined` without a name, and for a batch. */
  readonly operationName: string | undefined;
  /** `undefined` for a batch, and for a request that Apollo Server did not execute. */
  readonly operationType: 'query' | 'mutation' | 'subscription' | undefined;
  /** `undefined` if there was no response: the client disconnected before, or the handler threw. */
  readonly status: number | undefined;
  /** How many GraphQL errors the client got, those of parts and events included. */
  readonly errors: number;
  /** Their distinct codes, 10 at most. */
  readonly codes: readonly string[];
  /**
   * `complete` for a response that was handed to the host to its end, and for a subscription that the server ended.
   * `disconnected` if the client left before, which is noticed after 20 ms at the earliest if there is no response yet.
   * `failed` if a source failed or an internal error took the place of the response. `timeout` if the time of
   * `deadline` has passed.
   */
  readonly outcome: Ending | 'timeout';
  /** When the response began. `undefined` if there was none. */
  readonly headMillis: number | undefined;
  /** When the response was over. */
  readonly durationMillis: number;
  /** How many parts or events of a stream were sent, without heartbeats. `undefined` if the response was no stream. */
  readonly parts: number | undefined;
}

/** Called when a response is over. */
export type OnReport = (report: RequestReport, observation: Observation) => void;

interface ObservedRequest extends Request, Abandonable {
  [observer]?: Observation | undefined;
}

/** After so many milliseconds a request is worth a signal. On Node.js a signal costs a fifth of a short request. */
const PATIENCE = 20;

const clock = createClock(PATIENCE);

/** Calls a handler, and calls back once, when its response is over. */
export async function observeRequest<TPlatform extends unknown[], TRequest extends Request>(
  handler: FetchHandler<TPlatform, TRequest>,
  request: TRequest,
  platform: TPlatform,
  onReport: OnReport,
): Promise<Response> {
  const watch = new Watch(request, platform, onReport);
  try {
    return watch.respond(await handler(request, ...platform));
  } catch (error) {
    watch.end('failed');
    throw error;
  }
}

/** One request on its way through one wrapper. */
class Watch {
  readonly #request: ObservedRequest;
  readonly #onReport: OnReport;
  readonly #observation: Observation;
  readonly #isOutermost: boolean;
  readonly #readSignal: ReadSignal;
  readonly #stopClock: () => void;
  readonly #start = performance.now();
  #head: number | undefined;
  #status: number | undefined;
  #isStream = false;
  #isOver = false;

  constructor(request: ObservedRequest, platform: readonly unknown[], onReport: OnReport) {
    this.#request = request;
    this.#onReport = onReport;
    const shared = request[observer];
    this.#isOutermost = shared === undefined;
    this.#observation = shared ?? new Observation();
    if (this.#isOutermost) request[observer] = this.#observation;
    this.#readSignal = signalOf(request);
    this.#stopClock = clock.start(() => this.#listen(), platform);
  }

  #listen(): void {
    const signal = this.#readSignal(this.#request);
    // It is a signal of this request alone, so the listener needs no removal, which would cost something.
    if (signal?.aborted) this.end('disconnected');
    else signal?.addEventListener('abort', this);
  }

  /** Listens to the signal. */
  handleEvent(): void {
    this.end('disconnected');
  }

  respond(response: Response): Response {
    if (this.#isOver) return response;
    this.#head = performance.now();
    this.#status = response.status;
    // Reading the headers costs something, and only what the core does not make may need it.
    if (this.#observation.isWhole || !isStream(response)) {
      this.end('complete');
      return response;
    }
    this.#isStream = true;
    this.#listen();
    if (this.#isOver) return response;
    return new Response(new Passage(response.body, (ending) => this.end(ending)).stream, response);
  }

  end(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopClock();
    if (this.#isOutermost) this.#request[observer] = undefined;
    this.#onReport(this.#report(ending), this.#observation);
  }

  #report(ending: Ending): RequestReport {
    const { context, hasFailed, parts } = this.#observation;
    const timeout = this.#request[abandoned];
    const outcome = timeout ? 'timeout' : ending === 'complete' && hasFailed ? 'failed' : ending;
    let { errors, codes }: { errors: number; codes: readonly string[] } = this.#observation;
    if (timeout !== undefined) {
      // Nobody gets a complete response that came too late.
      errors = this.#isStream ? errors + 1 : 1;
      codes = [String(timeout.extensions.code), ...(this.#isStream ? codes : [])].slice(0, MAX_CODES);
    }
    return {
      operationName: context?.operationName?.slice(0, MAX_LENGTH),
      operationType: context?.operation?.operation,
      // A deadline around this wrapper responds in its place.
      status: this.#status ?? (timeout && 504),
      errors,
      codes,
      outcome,
      headMillis: this.#head && this.#head - this.#start,
      durationMillis: performance.now() - this.#start,
      parts: this.#isStream ? parts : undefined,
    };
  }
}
