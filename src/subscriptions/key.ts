import type { SourceContext } from './source.ts';

const numbers = new WeakMap<object, number>();
let count = 0;

/** Tells two objects apart in a text. */
function numberOf(object: object): number {
  const number = numbers.get(object) ?? ++count;
  numbers.set(object, number);
  return number;
}

/**
 * Makes one text of all that identical subscriptions have in common. Returns `undefined` if the variables are not plain
 * JSON, because two of them could make the same text.
 */
export function keyOf(key: string, server: object, { request, schema, source }: SourceContext): string | undefined {
  const { operationName, variables } = request;
  let isPlain = true;
  function replace(_name: string, value: unknown): unknown {
    isPlain &&= isJSON(value);
    return isPlain ? value : null;
  }
  try {
    const sorted = Object.entries(variables ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = [key, numberOf(server), numberOf(schema), source, operationName ?? null, sorted];
    const text = JSON.stringify(parts, replace);
    return isPlain ? text : undefined;
  } catch {
    // The client has nested the variables too deeply.
    return undefined;
  }
}

/** Whether JSON can write a value so that it differs from all others. */
function isJSON(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  return value === null || Array.isArray(value) || [null, Object.prototype].includes(Object.getPrototypeOf(value));
}
