import type { BaseContext, GraphQLRequestContext } from '@apollo/server';
import type { Observer } from '../core/observer.ts';

/** The most distinct codes that are kept, because a stream may have any number of errors. */
export const MAX_CODES = 10;

/** The longest name of an operation, and the longest code, in characters. Clients choose the names. */
export const MAX_LENGTH = 100;

/** What is known of one request and its response. All wrappers around a handler share it. */
export class Observation implements Observer {
  /** Apollo adds the operation to it when it has read the document. */
  context: GraphQLRequestContext<BaseContext> | undefined;
  /** How many errors the client was told. */
  errors = 0;
  codes: readonly string[] = [];
  /** How many parts or events were sent. */
  parts = 0;
  /** Whether the body is complete, and no stream. */
  isWhole = false;
  /** Whether a complete response has errors, and no data. */
  lacksData = false;
  hasFailed = false;

  onStart(context: GraphQLRequestContext<BaseContext>): void {
    this.context = context;
  }

  onBody(text: string): void {
    this.#reset();
    this.isWhole = true;
    this.#read(text);
  }

  onPart(text: string): void {
    // Heartbeats and delimiters hold no member of an object.
    if (/\{\s*"/.test(text)) this.parts++;
    this.#read(text);
  }

  onFailure(): void {
    this.hasFailed = true;
  }

  onFault(): void {
    this.#reset();
    this.hasFailed = true;
    this.lacksData = true;
    this.#count('INTERNAL_SERVER_ERROR');
  }

  /** Only the last response to a request counts. */
  #reset(): void {
    this.errors = 0;
    this.codes = [];
    this.lacksData = false;
  }

  /** Reads the errors of a text as the client gets it. Few texts have any, so most are only searched. */
  #read(text: string): void {
    if (!text.includes('"errors"')) return;
    const json = text.slice(text.search(/[[{]/), Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1);
    try {
      for (const result of [JSON.parse(json)].flat()) this.#readResult(result);
    } catch {
      // The server's `stringifyResult` has written something else.
    }
  }

  #readResult({ payload, errors = [], data, incremental = [], completed = [] }: Result): void {
    if (errors.length > 0 && data == null) this.lacksData = true;
    for (const { extensions } of errors) this.#count(extensions?.code);
    for (const part of [payload ?? [], incremental, completed].flat()) this.#readResult(part);
  }

  #count(code: unknown): void {
    this.errors++;
    if (typeof code !== 'string') return;
    const codes = new Set(this.codes).add(code.slice(0, MAX_LENGTH));
    // A report keeps the array that it was made with.
    if (codes.size <= MAX_CODES) this.codes = [...codes];
  }
}

/** A response, a part or an event, as far as it matters here. */
interface Result {
  readonly payload?: Result | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
  readonly data?: unknown;
  readonly incremental?: readonly Result[];
  readonly completed?: readonly Result[];
}
