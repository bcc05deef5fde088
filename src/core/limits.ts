/** The longest time that a timer takes, in milliseconds. A longer one ends at once. */
export const maxTimerMillis: number = 2 ** 31 - 1;

/**
 * Checks an option that is a number. Every comparison with NaN is false, so NaN would be no limit at all.
 *
 * @throws RangeError unless the value is a number from `min` to `max`.
 */
export function checkNumber(name: string, value: unknown, min = 0, max: number = Number.POSITIVE_INFINITY): void {
  if (typeof value === 'number' && value >= min && value <= max) return;
  const range = max === Number.POSITIVE_INFINITY ? `${min} up` : `${min} to ${max}`;
  throw new RangeError(`${name} must be a number from ${range}. Received ${String(value)}.`);
}
