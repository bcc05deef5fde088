import { failurePart } from '../core/chunks.ts';
import { eventStream, multipartMixed, type Protocol } from './protocols.ts';

/** How long a stream that should end may wait for its client to read, in milliseconds. */
const PATIENCE = 500;

/** Recognises a stream by its media type, because reading `body` would turn a complete body into a stream. */
export function isStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  return /^(multipart\/|text\/event-stream)/.test(response.headers.get('content-type') ?? '') && response.body !== null;
}

/** The protocol of a subscription. */
export function protocolOf(response: Response): Protocol | undefined {
  const contentType = response.headers.get('content-type') ?? '';
  // Not every event stream names a charset.
  if (contentType.startsWith('text/event-stream')) return eventStream;
  return contentType.startsWith(multipartMixed.contentType) ? multipartMixed : undefined;
}

/**
 * Passes a stream on, and calls back when it has ended: it was read to its end, it failed, or its client disconnected.
 * If `stop` has ended the stream, its end tells the client so.
 *
 * After `failUnread`, the stream fails as soon as its client does not read for half a second, because no end would
 * reach it.
 */
export function watch(
  body: ReadableStream<Uint8Array>,
  stop: AbortSignal,
  protocol: Protocol | undefined,
  onEnd: () => void,
): { readonly stream: ReadableStream<Uint8Array>; failUnread(): void } {
  const reader = body.getReader();
  let parts = 0;
  let isReading = false;
  let failsUnread = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cut = () => {};

  function end(): void {
    failsUnread = false;
    clearTimeout(timer);
    onEnd();
  }

  function wait(): void {
    isReading = false;
    if (failsUnread) timer = setTimeout(cut, PATIENCE);
  }

  reader.closed.then(end, end);
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cut = () => {
          controller.error(new DOMException('The server is stopping, and the client does not read.', 'AbortError'));
          reader.cancel().catch(() => {});
          end();
        };
      },
      async pull(controller) {
        isReading = true;
        clearTimeout(timer);
        const { done, value } = await reader.read();
        if (!done) {
          parts++;
          controller.enqueue(value);
          wait();
          return;
        }
        if (stop.aborted) {
          const isFirst = parts === 0;
          const end = protocol ? `${isFirst ? protocol.opening : ''}${protocol.goodbye()}` : failurePart(isFirst);
          if (end !== '') controller.enqueue(new TextEncoder().encode(end));
        }
        controller.close();
      },
      cancel(reason) {
        // Not every bridge settles `closed` after this.
        end();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    failUnread() {
      failsUnread = true;
      if (!isReading) wait();
    },
  };
}
