import { type Bytes, toBytes } from './body.ts';
import type { NodeIncoming } from './objects.ts';

/** Where h3 1 keeps the value that its `readBody` has parsed. */
const h3Body = Symbol.for('h3ParsedBody');

/** Returns the body that other code has read: its bytes or its text if they were kept, else the parsed value as JSON. */
export function parsedBody(req: NodeIncoming): Bytes | undefined {
  // A value that was parsed from a form or another type was not JSON.
  const isJSON = /\bjson\b/i.test(String(req.headers['content-type']));
  let isUnreadable = false;
  for (const name of ['rawBody', 'body', h3Body]) {
    try {
      const kept: unknown = Reflect.get(req, name);
      // A copy, because whoever reads the request may change or transfer its bytes.
      if (ArrayBuffer.isView(kept)) return toBytes(kept).slice();
      if (typeof kept === 'string') return toBytes(kept);
      if (kept !== undefined && isJSON && name !== 'rawBody') return toBytes(JSON.stringify(kept));
    } catch {
      // Vercel's getter throws for malformed JSON, and `JSON.stringify` for a value that is nested too deeply.
      isUnreadable = isJSON;
    }
  }
  // Text that is not JSON, so that the client gets a 400.
  return isUnreadable ? toBytes('{') : undefined;
}
