import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import { checkNumber, maxTimerMillis } from '../core/limits.ts';
import { logSafely } from '../core/log.ts';
import { waitUntil } from '../core/platform.ts';
import { sha256 } from './sha256.ts';
import { within } from './wait.ts';

/** Apollo's interface for a cache of strings. A server, a plugin or a data source takes one as its `cache`. */
export type KeyValueCache = Exclude<NonNullable<ApolloServerOptions<BaseContext>['cache']>, 'bounded'>;

/** Options of a cache that lives outside the process. */
export interface CacheOptions {
  /**
   * The longest that a request waits for the store, in milliseconds. A read that takes longer counts as a miss. A write
   * that takes longer goes on without the request.
   *
   * @default 500
   */
  readonly maxWaitMillis?: number;
  /**
   * Where failures of the store are reported. The cache itself puts no key and no value into a message.
   *
   * @default console
   */
  readonly logger?: { warn(message: string): void };
}

/** A store of texts. Its keys are printable ASCII, 3 to 400 characters long. */
export interface TextStore {
  /** Returns the text, or `undefined` or `null` if there is none. Anything else counts as a miss too. */
  get(key: string): Promise<unknown>;
  /** Keeps the text for at least `ttl` seconds, a whole number from 1 up. Without `ttl`, it keeps the text for ever. */
  put(key: string, text: string, ttl: number | undefined): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** Removes an entry that was read after it had expired. Only a store that keeps such entries needs this. */
  sweep?(key: string): Promise<unknown>;
  /** The longest text that the store takes, in bytes of UTF-8. */
  readonly maxBytes?: number;
}

/** The longest TTL that every store takes, in seconds: 68 years. */
export const maxTTL: number = 2 ** 31 - 1;

/**
 * A cache over a platform's store. A store that fails, hangs or returns what this cache did not write is reported, and
 * counts as a miss. No method rejects.
 *
 * The first line of each stored text says when it expires, because no store is exact about that.
 *
 * @throws RangeError if `maxWaitMillis` is not a number from 0 to 2,147,483,647, the limit of timers.
 */
export function createCache(
  store: TextStore,
  { maxWaitMillis = 500, logger = console }: CacheOptions = {},
): KeyValueCache {
  checkNumber('maxWaitMillis', maxWaitMillis, 0, maxTimerMillis);

  function warn(message: string): void {
    logSafely(() => logger.warn(message));
  }

  /** Waits at most `maxWaitMillis` for an operation, and reports a failure. */
  async function attempt<T>(action: string, operation: () => Promise<T>): Promise<T | undefined> {
    try {
      return await within(maxWaitMillis, operation);
    } catch (error) {
      warn(`The cache failed to ${action} an entry. ${error}`);
      return undefined;
    }
  }

  /** Lets an operation outlive the request. Apollo awaits no write. */
  function inBackground(operation: Promise<unknown>): Promise<unknown> {
    waitUntil([], operation, { error: (error) => warn(`The cache could not be kept alive. ${error}`) });
    return operation;
  }

  async function get(key: string): Promise<string | undefined> {
    const storeKey = await toStoreKey(key);
    const text = await store.get(storeKey);
    if (text === undefined || text === null) return undefined;
    const { value, expires } = parse(text);
    if (Date.now() < expires) return value;
    if (store.sweep) inBackground(store.sweep(storeKey)).catch(() => {});
    return undefined;
  }

  async function set(key: string, value: string, ttl: number | undefined): Promise<void> {
    const storeKey = await toStoreKey(key);
    const text = format(value, ttl);
    const fault = faultOf(text, store.maxBytes);
    if (fault === undefined) {
      await store.put(storeKey, text, ttl && Math.max(Math.ceil(ttl), 1));
      return;
    }
    // Otherwise the cache would go on returning the value that this one replaces.
    await store.delete(storeKey);
    throw new Error(fault);
  }

  return {
    get: (key) => attempt('read', () => get(key)),

    async set(key, value, options) {
      await attempt('write', () => inBackground(set(key, value, toSeconds(options?.ttl))));
    },

    async delete(key) {
      await attempt('delete', () => inBackground(toStoreKey(key).then((storeKey) => store.delete(storeKey))));
    },
  };
}

/** As with Apollo's own caches, 0 and `null` mean for ever. */
function toSeconds(ttl: number | null | undefined): number | undefined {
  return ttl ? Math.min(ttl, maxTTL) : undefined;
}

/**
 * Hashes long and unusual keys, and also `.` and `..`, which are not names in a URL. A key that begins like a hash is
 * hashed too, so no two keys collide.
 */
async function toStoreKey(key: string): Promise<string> {
  if (/^(?!sha256:)[!-~]{3,400}$/.test(key)) return key;
  // JSON escapes lone surrogates. A TextEncoder would encode all of them as the same bytes.
  return `sha256:${await sha256(JSON.stringify(key))}`;
}

function format(value: string, ttl: number | undefined): string {
  return `expires=${ttl === undefined ? 'never' : Math.round(Date.now() + ttl * 1000)}\n${value}`;
}

function parse(text: unknown): { value: string; expires: number } {
  const [line, time] = (typeof text === 'string' && /^expires=(\d+|never)\n/.exec(text)) || [];
  if (typeof text !== 'string' || line === undefined) throw new TypeError('It is not an entry of this cache.');
  return { value: text.slice(line.length), expires: time === 'never' ? Number.POSITIVE_INFINITY : Number(time) };
}

/** Returns the reason why the store could not return the same text later, if there is one. */
function faultOf(text: string, maxBytes = Number.POSITIVE_INFINITY): string | undefined {
  if (!text.isWellFormed()) return 'The value is not well-formed Unicode.';
  // A UTF-16 code unit takes three bytes at most, so only a long text has to be encoded to be measured.
  if (text.length * 3 > maxBytes && new TextEncoder().encode(text).byteLength > maxBytes) {
    return `The value is over the store's limit of ${maxBytes} bytes.`;
  }
  return undefined;
}
