import { internalServerError } from './error.ts';
import type { Exchange } from './exchange.ts';

/**
 * Apollo's chunks as a byte stream: one network chunk each, pulled, so that a client that does not read holds the
 * source back. When the client leaves, the source is closed; when the source fails, a last part says so.
 *
 * `closed` settles when the source has been used up or closed.
 */
export function streamChunks(
  chunks: AsyncIterableIterator<string>,
  exchange: Exchange<Request>,
  logError: (error: unknown) => void,
): { stream: ReadableStream<Uint8Array>; closed: Promise<void> } {
  const encoder = new TextEncoder();
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const { signal } = exchange;
  let pulls = 0;
  let cancelled = false;

  function next(): Promise<IteratorResult<string>> {
    pulls++;
    return chunks.next();
  }

  async function closeSource(): Promise<void> {
    // Returned before its second `next()`, Apollo's generator finishes without a touch of the results behind it, and
    // their source would run on to its end. So it is brought that far first, unawaited: `return()` queues up behind.
    while (pulls < 2) next().catch(() => {});
    await chunks.return?.();
  }

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        function stop(): void {
          closeSource().catch(logError).finally(onClosed);
          // Closed, not errored: nobody is there to read an error, and hosts would log it.
          if (!cancelled) controller.close();
        }
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      },
      async pull(controller) {
        try {
          const { done, value } = await next();
          if (signal.aborted) return;
          if (!done) {
            controller.enqueue(encoder.encode(value));
            return;
          }
        } catch (error) {
          if (signal.aborted) return;
          logError(error);
          controller.enqueue(encoder.encode(failurePart(pulls === 1)));
        }
        exchange.done();
        controller.close();
        onClosed();
      },
      // Returns at once: the source may be busy with an item, and the one who cancels must not wait for a resolver.
      cancel() {
        cancelled = true;
        exchange.abort();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, closed };
}

/** The last part of a multipart answer that is broken off. Apollo writes each delimiter at the end of the part before. */
export function failurePart(isFirst: boolean): string {
  const result = JSON.stringify({ hasNext: false, errors: [internalServerError()] });
  return `${isFirst ? '\r\n---\r\n' : ''}content-type: application/json; charset=utf-8\r\n\r\n${result}\r\n-----\r\n`;
}
