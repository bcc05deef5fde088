/** A complete and successful response, in parts that requests can share. On Workers they cannot share a `Response`. */
export interface Entry {
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** When it was made, in milliseconds since 1970. */
  readonly generated: number;
}

/** An entry, or a response that is passed on unread and that no other request may get. */
export type Result = Served | Response;

/** An entry, and whether it was made for another request. */
export interface Served {
  readonly entry: Entry;
  readonly isReused: boolean;
}
