import { internalServerError } from './error.ts';
import type { Exchange } from './exchange.ts';

/**
 * Makes a byte stream of Apollo's chunks, one network chunk each. The client pulls them, so a client that does not read
 * holds the source back. When the client disconnects, the source is closed. When the source fails, a last part says so.
 *
 * `closed` settles when the source has ended or is closed.
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
    // Before its second `next()`, Apollo's generator ignores `return()`: the source behind it would run on to its end. So
    // the missing calls are made first. They are not awaited, because `return()` queues up behind them.
    while (pulls < 2) next().catch(() => {});
    await chunks.return?.();
  }

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        function stop(): void {
          closeSource().catch(logError).finally(onClosed);
          // Closed rather than errored: nobody is there to read an error, and hosts would log it.
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
      // Does not wait for the source, which may be busy with a resolver.
      cancel() {
        cancelled = true;
        exchange.abort();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, closed };
}

/** The last part of a multipart response that is broken off. Apollo ends each part with the next delimiter. */
export function failurePart(isFirst: boolean): string {
  const result = JSON.stringify({ hasNext: false, errors: [internalServerError()] });
  return `${isFirst ? '\r\n---\r\n' : ''}content-type: application/json; charset=utf-8\r\n\r\n${result}\r\n-----\r\n`;
}
