import type { Chunks } from './chunks.ts';
import type { Exchange } from './exchange.ts';

/**
 * Makes a byte stream from chunks. The client pulls them, so a client that does not read holds the source back. When
 * the client disconnects, the source is closed. When the source fails, the last chunk reports an error.
 *
 * `closed` settles when the source has ended or is closed.
 */
export function streamChunks(
  chunks: Chunks,
  exchange: Exchange<Request>,
  logError: (error: unknown) => void,
): { stream: ReadableStream<Uint8Array>; closed: Promise<void> } {
  const encoder = new TextEncoder();
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const { signal } = exchange;
  let cancelled = false;

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        function stop(): void {
          chunks.close().catch(logError).finally(onClosed);
          // The stream is closed rather than errored: nobody is there to read an error, and hosts would log it.
          if (!cancelled) controller.close();
        }
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      },
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (signal.aborted) return;
          if (value) controller.enqueue(encoder.encode(value));
          if (!done) return;
        } catch (error) {
          if (signal.aborted) return;
          logError(error);
          controller.enqueue(encoder.encode(chunks.failure()));
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
