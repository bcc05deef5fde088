/** The members that are used of the stream that Lambda passes to a streaming function. */
export interface LambdaStream {
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  once(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

/** Writes a body as fast as it is read, and ends the stream. */
export async function sendBody(body: ReadableStream<Uint8Array> | null, stream: LambdaStream): Promise<void> {
  const reader = body?.getReader();
  let wake = () => {};
  for (const event of ['close', 'error'] as const) {
    stream.once(event, () => {
      wake();
      reader?.cancel().catch(() => {});
    });
  }
  // Lambda sends the head with the first write, so a response without a body needs a write too.
  stream.write(new Uint8Array());
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    if (stream.write(value) || stream.destroyed) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
      stream.once('drain', resolve);
    });
  }
  stream.end();
}
