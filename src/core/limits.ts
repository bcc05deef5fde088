/** The longest time that a timer takes, in milliseconds. A longer one ends at once. */
export const maxTimerMillis: number = 2 ** 31 - 1;

/**
 * Checks an option that is a number. Every comparison with NaN is false, so NaN would be no limit at all.
 *
 * @throws RangeError unless the value is a number from `min` to `max`.
 */
export function checkNumber(name: string, value: unknown, min = 0, max?: number): void {
  if (typeof value === 'number' && value >= min && value <= (max ?? value)) return;
  throw new RangeError(`${name} must be a number from ${min} ${max ? `to ${max}` : 'up'}. Received ${value}.`);
}
