import type { Flown } from './flight.ts';
import { RecentKeys } from './recent-keys.ts';
import { warn } from './warn.ts';

/** How long a revalidation that has not ended keeps another one from starting, in milliseconds. */
const maxRevalidation = 30_000;

/** How long a failure is remembered, in milliseconds: 10 minutes. */
const maxCaution = 600_000;

/** The longest part of a response that is logged, in characters. */
const maxExcerpt = 300;

/** The keys whose stale responses are being replaced. */
export class Revalidations {
  /** When each began, in milliseconds since 1970. */
  readonly #began = new Map<string, number>();
  readonly #failed = new RecentKeys(maxCaution);

  isRunning(key: string): boolean {
    return Date.now() - (this.#began.get(key) ?? 0) < maxRevalidation;
  }

  /** Whether one has failed not long ago. */
  hasFailed(key: string): boolean {
    return this.#failed.has(key);
  }

  /** Begins one. The returned promise settles with its end, and never rejects. */
  async begin(key: string, refreshing: Promise<Flown>): Promise<void> {
    this.#began.set(key, Date.now());
    try {
      const { stored, ...flown } = await refreshing;
      if (stored !== undefined) await stored;
      else this.#report(key, await faultOf(flown));
    } catch (error) {
      this.#report(key, error);
    } finally {
      this.#began.delete(key);
    }
  }

  /** Reports a failure, but not each one while it lasts. */
  #report(key: string, reason: unknown): void {
    if (this.#failed.has(key)) return;
    this.#failed.add(key);
    warn('refresh', reason);
  }
}

/** Says why a response cannot replace an entry, and consumes it. Only a complete GraphQL response is read for that. */
async function faultOf({ result, landing }: Flown): Promise<string> {
  if (landing === 'failed') return 'Its signal was aborted.';
  if (result === undefined || 'entry' in result) return 'The new response may not be shared.';
  const { status, headers, body } = result;
  const isText =
    headers.has('content-length') && /^application\/[\w.+-]*json\b/i.test(headers.get('content-type') ?? '');
  const text = isText ? (await result.text()).trim().slice(0, maxExcerpt) : await body?.cancel();
  return `The handler responded with ${status}${text ? `: ${text}` : ''}.`;
}
