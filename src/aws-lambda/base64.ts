/** How many characters are decoded at once. Four of them are three bytes. */
const SLICE = 65_536;

/**
 * Decodes base64 while it is read. A body over the limit of the handler is refused before it is decoded, or after as
 * much of it as the limit allows.
 */
export function decodeBase64(text: string): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const characters = atob(text.slice(at, at + SLICE));
        at += SLICE;
        const isLast = at >= text.length;
        // Line ends and padding would move the slices that follow.
        if (!isLast && characters.length !== (SLICE / 4) * 3) throw new TypeError('Invalid base64');
        const bytes = new Uint8Array(characters.length);
        for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
        controller.enqueue(bytes);
        if (isLast) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
