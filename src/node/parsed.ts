import type { NodeIncoming } from './objects.ts';

/** Returns the body that a body parser has read: its bytes if they were kept, else the parsed value as JSON. */
export function parsedBody({ rawBody, body, headers }: NodeIncoming): Uint8Array<ArrayBuffer> | undefined {
  for (const kept of [rawBody, body]) {
    if (kept instanceof Uint8Array) return new Uint8Array(kept);
    if (typeof kept === 'string') return new TextEncoder().encode(kept);
  }
  // A value that was parsed from a form or another type was not JSON.
  if (body === undefined || !/\bjson\b/i.test(String(headers['content-type']))) return undefined;
  return new TextEncoder().encode(JSON.stringify(body));
}
