import { badRequest } from '../core/error.ts';

/** A place in the variables where a file belongs. */
export interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

/**
 * Finds the places of each file, in time that is linear in the size of the map. A place that was found is no longer
 * null, so no other path can lead to it.
 *
 * @throws GraphQLError with the status 400.
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 */
export function findPlaces(map: unknown, operations: object, maxFiles: number): Map<string, Place[]> {
  if (!isObject(map) || Array.isArray(map)) throw badRequest('The part "map" must be a JSON object.');
  const entries = Object.entries(map).map(([name, paths]) => {
    if (!isListOfPaths(paths)) throw badRequest('The part "map" must list the paths of each file.');
    return [name, paths] as const;
  });
  // A file in several places counts several times, because a resolver may read it as often.
  const files = entries.reduce((sum, [, paths]) => sum + paths.length, 0);
  if (files > maxFiles) throw badRequest(`A request may upload at most ${maxFiles} files.`);
  return new Map(entries.map(([name, paths]) => [name, paths.map((path) => findPlace(path, operations))]));
}

function isListOfPaths(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((path) => typeof path === 'string');
}

function findPlace(path: string, operations: object): Place {
  const keys = path.split('.');
  const key = keys.pop() ?? '';
  const parent = keys.reduce<unknown>(readOwn, operations);
  // In a batch the index of an operation comes first.
  const isVariable = keys[Array.isArray(operations) ? 1 : 0] === 'variables';
  if (!isVariable || !isObject(parent) || readOwn(parent, key) !== null) {
    const shown = JSON.stringify(path.slice(0, 100));
    throw badRequest(`The path ${shown} of the part "map" must lead to a variable that is null.`);
  }
  parent[key] = undefined;
  return { parent, key };
}

/** Reads a property that was in the JSON. Nothing is inherited, so no path leads to a prototype. */
function readOwn(parent: unknown, key: string): unknown {
  return isObject(parent) && Object.hasOwn(parent, key) && !unsafe.includes(key) ? parent[key] : undefined;
}

/** JSON may hold these as own properties too, and code behind the handler may copy them. */
const unsafe: readonly string[] = ['__proto__', 'constructor', 'prototype'];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
