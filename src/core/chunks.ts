import type { GraphQLError } from 'graphql';
import { internalServerError } from './error.ts';

/** The body of a response in pieces, one network chunk each. */
export interface Chunks {
  /** The next chunk. The last one may come with `done`. */
  next(): Promise<IteratorResult<string, string | undefined>>;
  /** Ends the source, also while a `next()` is pending. It may be called more than once. */
  close(): Promise<unknown>;
  /** Returns the last chunk for the client after `next()` has failed. */
  failure(): string;
}

/** The parts of a response with incremental delivery. */
export function partsOf(parts: AsyncIterableIterator<string, undefined>): Chunks {
  let pulls = 0;
  let latest: Promise<IteratorResult<string, undefined>> | undefined;

  function next(): Promise<IteratorResult<string, undefined>> {
    pulls++;
    latest = parts.next();
    return latest;
  }

  return {
    next,
    async close() {
      // Apollo's generator ignores `return()` before its second `next()`, and the source would run to its end.
      while (pulls < 2) next().catch(() => {});
      // A `return()` that is queued behind a `next()` runs outside of the request's AsyncLocalStorage in V8 15.
      await latest?.catch(() => {});
      await parts.return?.();
    },
    failure: () => failurePart(pulls === 1),
  };
}

/**
 * The last part of an incremental response that ends early. Only a first part needs a delimiter before it, because
 * Apollo ends each part with the next delimiter.
 */
export function failurePart(isFirst: boolean, error: GraphQLError = internalServerError()): string {
  const result = JSON.stringify({ hasNext: false, errors: [error] });
  return `${isFirst ? '\r\n---\r\n' : ''}content-type: application/json; charset=utf-8\r\n\r\n${result}\r\n-----\r\n`;
}
