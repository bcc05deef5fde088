import type { Chunks } from './chunks.ts';
import type { Exchange } from './exchange.ts';

/**
 * Makes a byte stream from chunks. The client pulls them, so a client that does not read holds the source back. When
 * the client disconnects, the source is closed. When the source fails, the last chunk reports an error.
 *
 * The source runs in the AsyncLocalStorage in which this is called. Hosts pull and cancel outside of it, Deno even in
 * that of another request. `await` and `then` restore it, so only what comes after them here calls the source.
 *
 * `closed` settles when the source has ended or is closed.
 */
export function streamChunks(
  chunks: Chunks,
  exchange: Exchange<Request>,
  logError: (error: unknown) => void,
): { stream: ReadableStream<Uint8Array>; closed: Promise<unknown> } {
  const encoder = new TextEncoder();
  const { signal } = exchange;
  let onEnd = () => {};
  let onPull = () => {};
  let isPulled = false;
  let cancelled = false;

  const closed = new Promise<void>((resolve) => {
    onEnd = resolve;
  })
    .then(() => chunks.close())
    .catch(logError);

  async function pump(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    let done: boolean | undefined;
    let text: string | undefined;
    while (!done) {
      if (!isPulled) {
        await new Promise<void>((resolve) => {
          onPull = resolve;
        });
      }
      try {
        // After an empty chunk, the stream would not be pulled again.
        do ({ done, value: text } = await chunks.next());
        while (!done && !text);
      } catch (error) {
        if (!signal.aborted) logError(error);
        exchange.observer?.onFailure();
        done = true;
        text = chunks.failure();
      }
      if (signal.aborted) return;
      // A chunk that is enqueued makes the stream pull again if another read is waiting.
      isPulled = false;
      if (text) {
        exchange.observer?.onPart(text);
        controller.enqueue(encoder.encode(text));
      }
    }
    exchange.done();
    controller.close();
    onEnd();
  }

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        function stop(): void {
          onEnd();
          // The stream is closed rather than errored: nobody is there to read an error, and hosts would log it.
          if (!cancelled) controller.close();
        }
        void pump(controller);
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      },
      pull() {
        isPulled = true;
        onPull();
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
