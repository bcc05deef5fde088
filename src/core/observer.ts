import type { BaseContext, GraphQLRequestContext } from '@apollo/server';

/** The key of the observer that `./observe` and `./tracing` set on a request. */
export const observer: unique symbol = Symbol();

/** What is told how a response is made. No method throws. */
export interface Observer {
  /** Called by a plugin, with an object to which Apollo adds the operation. */
  onStart(context: GraphQLRequestContext<BaseContext>): void;
  /** The text of a complete response. */
  onBody(text: string): void;
  /** A part or an event of a stream, or a heartbeat. */
  onPart(text: string): void;
  /** The source of a stream has failed. A part that says so may follow. */
  onFailure(): void;
  /** The response reports an internal error in place of what was made before. */
  onFault(): void;
}

export interface Observed {
  [observer]?: Observer | undefined;
}
