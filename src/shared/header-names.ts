import { fieldName } from '../core/fields.ts';

/**
 * Checks an option that lists names of headers. A wrong one would only fail in a request.
 *
 * @throws TypeError unless the value is an array of names.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.1
 */
export function checkHeaderNames(option: string, value: unknown): void {
  const isName = (name: unknown) => typeof name === 'string' && fieldName.test(name);
  if (Array.isArray(value) && value.every(isName)) return;
  throw new TypeError(`${option} must be an array of header names. Received ${JSON.stringify(value)}.`);
}
