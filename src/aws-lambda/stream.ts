/** The members that are used of the stream that Lambda passes to a streaming function. */
export interface LambdaStream {
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  once(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/**
 * Writes a body as fast as it is read, and ends the stream. At the deadline the stream ends with what its source has
 * ready, even if the client has stopped reading.
 */
export async function sendBody(
  body: ReadableStream<Uint8Array> | null,
  stream: LambdaStream,
  deadline: AbortSignal,
): Promise<void> {
  const reader = body?.getReader();
  let wake = () => {};
  function stop(): void {
    wake();
    reader?.cancel().catch(() => {});
  }
  stream.once('close', stop);
  stream.once('error', stop);
  deadline.addEventListener('abort', () => {
    wake();
    // What the source has ready is read first.
    setTimeout(stop);
  });
  // Lambda sends the head with the first write, so a response without a body needs a write too.
  stream.write(new Uint8Array());
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    if (stream.write(value) || stream.destroyed) continue;
    if (deadline.aborted) {
      stop();
      break;
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
      stream.once('drain', resolve);
    });
  }
  stream.end();
}
