import type { NodeIncoming } from './objects.ts';

/** The body that a body parser has read: as it kept the bytes, else as JSON of what it made of them. */
export function parsedBody({ rawBody, body, headers }: NodeIncoming): Uint8Array<ArrayBuffer> | undefined {
  for (const kept of [rawBody, body]) {
    if (kept instanceof Uint8Array) return new Uint8Array(kept);
    if (typeof kept === 'string') return new TextEncoder().encode(kept);
  }
  // What was parsed from a form or another type is not JSON.
  if (body === undefined || !/\bjson\b/i.test(String(headers['content-type']))) return undefined;
  return new TextEncoder().encode(JSON.stringify(body));
}
