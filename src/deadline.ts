/**
 * Limits how long a response may take: `import { deadline } from 'apollo-server-integration-fetch/deadline'`.
 *
 * @module
 */

import { checkNumber, maxTimerMillis } from './core/limits.ts';
import type { FetchHandler } from './core/options.ts';
import { fetchAPIOf } from './core/platform.ts';
import { toErrorResponse } from './core/response.ts';
import { Countdown } from './deadline/countdown.ts';
import { createClock } from './shared/clock.ts';
import { isStream, protocolOf } from './shared/watch.ts';

/** Options of `deadline`. */
export interface DeadlineOptions {
  /**
   * How long a response may take, in milliseconds, from the call of the handler until it is complete. A slow request
   * body, a slow context function and the start of the server count too.
   *
   * @default 30_000
   */
  readonly maxMillis?: number;
}

/**
 * Limits how long a response may take. When the time has passed:
 *
 * - the client gets the status 504 at once, with the code `TIMEOUT`, even if a resolver never settles;
 * - a stream of incremental delivery that has begun ends with an error part of the same code, and its source is closed;
 * - the `signal` of the context function and `request.signal` abort with a `TimeoutError`;
 * - an operation that has not begun is not executed.
 *
 * A resolver that ignores the signal is not interrupted. A subscription has no deadline once its stream has begun.
 *
 * @param handler The handler to wrap. `drain` and `cors` belong around this wrapper, and `httpCache` inside it.
 * @param options How long a response may take.
 * @returns A handler of the same kind.
 * @throws RangeError if `maxMillis` is not a number from 1 to 2,147,483,647, the limit of timers.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.6.5
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { deadline } from 'apollo-server-integration-fetch/deadline';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * export default { fetch: deadline(createFetchHandler(server), { maxMillis: 10_000 }) };
 * ```
 */
export function deadline<Platform extends unknown[], TRequest extends Request = Request>(
  handler: FetchHandler<Platform, TRequest>,
  { maxMillis = 30_000 }: DeadlineOptions = {},
): FetchHandler<Platform, TRequest> {
  checkNumber('maxMillis', maxMillis, 1, maxTimerMillis);
  const clock = createClock(maxMillis);

  return function deadlineHandler(request, ...platform) {
    return new Promise((resolve, reject) => {
      const countdown = new Countdown(request, (error) => resolve(toErrorResponse(fetchAPIOf(platform), 504, error)));
      const stop = clock.start(() => countdown.expire(), platform);

      function pass(response: Response): void {
        if (countdown.isExpired) {
          // The client has its response already.
          response.body?.cancel().catch(() => {});
        } else if (countdown.isWatched && isStream(response) && protocolOf(response) === undefined) {
          resolve(new Response(countdown.limit(response.body, stop), response));
        } else {
          stop();
          resolve(response);
        }
      }

      function fail(error: unknown): void {
        stop();
        reject(error);
      }

      handler(request, ...platform)
        .then(pass)
        .catch(fail);
    });
  };
}
