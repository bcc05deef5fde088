import { failurePart } from '../core/chunks.ts';
import { eventStream, multipartMixed, type Protocol } from './protocols.ts';

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
 */
export function watch(
  body: ReadableStream<Uint8Array>,
  stop: AbortSignal,
  protocol: Protocol | undefined,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let parts = 0;
  reader.closed.then(onEnd, onEnd);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) {
          parts++;
          controller.enqueue(value);
          return;
        }
        if (stop.aborted) {
          const isFirst = parts === 0;
          const end = protocol ? `${isFirst ? protocol.opening : ''}${protocol.goodbye}` : failurePart(isFirst);
          if (end !== '') controller.enqueue(new TextEncoder().encode(end));
        }
        controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
