export interface Part {
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Parses a complete multipart body, and tolerates nothing that RFC 2046 (5.1.1) does not ask for. It has no preamble,
 * each delimiter is on a line of its own, and nothing follows the closing delimiter.
 */
export function parseMultipart(contentType: string, text: string): Part[] {
  const boundary = /^multipart\/mixed; boundary="([^"]{1,70})"/.exec(contentType)?.[1];
  if (boundary === undefined) throw new Error(`No boundary: ${contentType}`);
  const delimiter = `\r\n--${boundary}`;
  const [preamble, ...rest] = text.split(new RegExp(`${delimiter}(?=\r\n|--)`));
  if (preamble !== '') throw new Error(`A preamble: ${preamble}`);
  if (rest.pop() !== '--\r\n') throw new Error(`Not closed: ${text.slice(-100)}`);
  return rest.map(parsePart);
}

function parsePart(text: string): Part {
  const [, head, body] = /^\r\n((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n(.*)$/s.exec(text) ?? [];
  if (head === undefined || body === undefined) throw new Error(`Not a part: ${text}`);
  const headers = new Headers();
  for (const line of head.split('\r\n').slice(0, -1)) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1));
  }
  return { headers, body };
}
