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
  const entries = Object.entries(map);
  if (entries.length > maxFiles) throw badRequest(`A request may upload at most ${maxFiles} files.`);
  return new Map(
    entries.map(([name, paths]) => {
      if (!Array.isArray(paths) || paths.length === 0) throw invalidPath();
      return [name, paths.map((path) => findPlace(path, operations))];
    }),
  );
}

function findPlace(path: unknown, operations: object): Place {
  const keys = typeof path === 'string' ? path.split('.') : [];
  const key = keys.pop() ?? '';
  // In a batch the index of an operation comes first.
  if (keys[Array.isArray(operations) ? 1 : 0] !== 'variables') throw invalidPath();
  const parent = keys.reduce<unknown>(readOwn, operations);
  if (readOwn(parent, key) !== null || !isObject(parent)) throw invalidPath();
  parent[key] = undefined;
  return { parent, key };
}

/** Reads a property that was in the JSON. Nothing is inherited, so no path leads to a prototype. */
function readOwn(parent: unknown, key: string): unknown {
  if (!isObject(parent) || !Object.hasOwn(parent, key) || unsafe.includes(key)) throw invalidPath();
  return parent[key];
}

/** JSON may hold these as own properties too, and code behind the handler may copy them. */
const unsafe: readonly string[] = ['__proto__', 'constructor', 'prototype'];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function invalidPath(): Error {
  return badRequest('The part "map" must list paths of variables that are null.');
}
