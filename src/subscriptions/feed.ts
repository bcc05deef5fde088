import type { Protocol } from '../shared/protocols.ts';
import type { Receiver, SourceReader } from './reader.ts';

/** An event, or with `done` the end of a subscription, as it is sent. */
export type Chunk = IteratorResult<string, string>;

/** Gets the events of a source for one client. */
export interface Listener {
  readonly protocol: Protocol;
  /** Called once for each `ask()`. */
  receive(chunk: Chunk): void;
  /** Called before the chunk that says so. */
  onFailure(): void;
  /** No event comes any more, and the client has to subscribe again. */
  lose(): void;
}

/** Where one client gets its events from. */
export interface Feed {
  /** Asks for the next event, which is passed on at once or later. Only one can be asked for at a time. */
  ask(): void;
  close(): Promise<unknown>;
  /** Asked at each heartbeat: whether the source is gone and cannot say so. */
  isStale?(): boolean;
}

/** Feeds one client from a source of its own. */
export class OwnFeed implements Feed, Receiver {
  readonly #reader: SourceReader;
  readonly #listener: Listener;

  constructor(reader: SourceReader, listener: Listener) {
    this.#reader = reader;
    this.#listener = listener;
  }

  ask(): void {
    void this.#reader.read(this);
  }

  onEvent(json: string): void {
    this.#listener.receive({ done: false, value: this.#listener.protocol.event(json) });
  }

  onEnd(errors?: string): void {
    const { protocol } = this.#listener;
    if (errors !== undefined) this.#listener.onFailure();
    this.#listener.receive({ done: true, value: errors === undefined ? protocol.ending : protocol.failure(errors) });
  }

  close(): Promise<unknown> {
    return this.#reader.close();
  }
}
