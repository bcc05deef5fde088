/** Yields the body of each part of a `multipart/mixed` response when the delimiter after the part has arrived. */
export async function* readParts(response: Response): AsyncGenerator<string, void> {
  const boundary = /boundary="?([^";]+)/.exec(response.headers.get('content-type') ?? '')?.[1];
  if (boundary === undefined || response.body === null) throw new Error('Not a multipart response.');
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const pieces = (rest + text).split(`\r\n--${boundary}`);
    rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      const endOfHeaders = piece.indexOf('\r\n\r\n');
      if (endOfHeaders !== -1) yield piece.slice(endOfHeaders + 4);
    }
  }
}
