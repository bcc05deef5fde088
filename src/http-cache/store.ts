import { openerOf, type WebCacheSource } from '../shared/open-cache.ts';
import { within } from '../shared/wait.ts';
import type { Entry } from './entry.ts';
import { freshnessOf } from './policy.ts';
import { storedHeaders } from './response.ts';
import { warn } from './warn.ts';

/** The longest that a request waits for the cache, in milliseconds. */
export const maxCacheWait = 500;

/**
 * Entries in a `Cache`. A cache that fails, hangs or returns what was not written counts as empty. No method rejects.
 */
export interface Store {
  read(key: string): Promise<Entry | undefined>;
  write(key: string, entry: Entry): Promise<void>;
  remove(key: string): Promise<void>;
}

/**
 * Stores each entry in the body of a response, with its headers in the first line. So no cache changes them: some
 * caches weaken an `ETag`, interpret `Vary` or limit headers.
 */
export function createStore(source: WebCacheSource): Store {
  const open = openerOf(source);

  async function attempt<T>(action: string, operation: () => Promise<T>): Promise<T | undefined> {
    try {
      return await operation();
    } catch (error) {
      warn(action, error);
      return undefined;
    }
  }

  async function match(key: string): Promise<Entry | undefined> {
    const response = await (await open()).match(key);
    // Some caches return `null` for a miss.
    return response ? parse(new Uint8Array(await response.arrayBuffer()), key) : undefined;
  }

  return {
    read: (key) => attempt('read', () => within(maxCacheWait, () => match(key))),

    async write(key, entry) {
      await attempt('write', async () => (await open()).put(key, format(entry, key)));
    },

    async remove(key) {
      await attempt('delete', async () => (await open()).delete(key));
    },
  };
}

function format({ headers, body, generated }: Entry, key: string): Response {
  const head = { key, generated, length: body.byteLength, headers: [...storedHeaders(headers)] };
  const line = new TextEncoder().encode(`${JSON.stringify(head)}\n`);
  const bytes = new Uint8Array(line.byteLength + body.byteLength);
  bytes.set(line);
  bytes.set(body, line.byteLength);
  const { lifetime, staleFor } = freshnessOf(headers);
  const ownHeaders = new Headers({
    'content-type': 'application/octet-stream',
    'cache-control': `public, max-age=${lifetime + staleFor}`,
  });
  // Cloudflare purges by this tag.
  const tag = headers.get('cache-tag');
  if (tag !== null) ownHeaders.set('cache-tag', tag);
  return new Response(bytes, { headers: ownHeaders });
}

/** @throws Error for bytes that `format` has not written for this key. */
function parse(bytes: Uint8Array<ArrayBuffer>, key: string): Entry {
  const end = bytes.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0))));
  const body = bytes.subarray(end + 1);
  if (head.key !== key || head.length !== body.byteLength || !Number.isFinite(head.generated)) {
    throw new TypeError('It is not an entry of this cache.');
  }
  return { headers: new Headers(head.headers), body, generated: head.generated };
}
