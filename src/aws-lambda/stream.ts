/** The members that are used of the stream that Lambda passes to a streaming function. */
export interface LambdaStream {
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(error: Error): unknown;
  once(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/**
 * Writes a body as fast as it is read, and ends the stream. At the deadline the source is closed, and a stream whose
 * client does not read is destroyed, because Lambda would wait for that client.
 */
export async function sendBody(
  body: ReadableStream<Uint8Array> | null,
  stream: LambdaStream,
  deadline: AbortSignal,
): Promise<void> {
  const reader = body?.getReader();
  let isStalled = false;
  let wake = () => {};
  function stop(): void {
    wake();
    reader?.cancel().catch(() => {});
  }
  stream.once('close', stop);
  stream.once('error', stop);
  deadline.addEventListener('abort', () => {
    if (isStalled) stream.destroy(deadline.reason);
    stop();
  });
  // Lambda sends the head with the first write, so a response without a body needs a write too.
  stream.write(new Uint8Array());
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    if (stream.write(value) || stream.destroyed) continue;
    isStalled = true;
    await new Promise<void>((resolve) => {
      wake = resolve;
      stream.once('drain', resolve);
    });
    isStalled = false;
  }
  stream.end();
}
