import { formsOf, idForm, isId } from './ids.ts';

/** The file that `@apollo/generate-persisted-query-manifest` writes. */
export interface PersistedQueryManifest {
  /** Always `apollo-persisted-query-manifest`. In the type of an imported file, it is any string. */
  readonly format: string;
  /** Always 1. */
  readonly version: number;
  /** The documents. Other members of an operation are not read. */
  readonly operations: readonly { readonly id: string; readonly body: string }[];
}

/** Returns the text of a document, or `undefined` or `null` if its id is unknown. */
export type FindDocument<TPlatform extends unknown[]> = (
  id: string,
  ...platform: TPlatform
) => string | null | undefined | Promise<string | null | undefined>;

/**
 * Documents by their ids: an object or a `Map`, Apollo's manifest, or a function that finds one. An id has 1 to 256
 * visible ASCII characters. A client chooses the id that the function gets, so make no path of a file of it. The
 * function is also called with what the platform passes after the request, such as the bindings of Workers.
 */
export type TrustedDocumentStore<TPlatform extends unknown[] = unknown[]> =
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>
  | PersistedQueryManifest
  | FindDocument<TPlatform>;

/** One way to look documents up, whatever form they have. */
export interface Documents<TPlatform extends unknown[]> {
  /** Whether a text can be looked up, too. */
  readonly knowsTexts: boolean;
  hasText(text: string): boolean;
  find(id: string, platform: TPlatform): Promise<string | undefined>;
}

/** @throws TypeError if it is none of the forms, or if an id or a document is not what it has to be. */
export function findIn<TPlatform extends unknown[]>(store: TrustedDocumentStore<TPlatform>): Documents<TPlatform> {
  if (typeof store === 'function') {
    return { knowsTexts: false, hasText: () => false, find: (id, platform) => findBy(id, store, platform) };
  }
  if (typeof store !== 'object' || store === null) {
    throw new TypeError(`documents must be an object, a Map, a manifest or a function. Received ${store}.`);
  }
  const documents = new Map(entriesOf(store));
  for (const [id, text] of documents) {
    if (!isId(id)) throw new TypeError(`The id of a document must be ${idForm}. Received ${JSON.stringify(id)}.`);
    checkText(id, text);
  }
  const texts = new Set(documents.values());
  return {
    knowsTexts: true,
    hasText: (text) => texts.has(text),
    find: (id) => findBy(id, (form) => documents.get(form), []),
  };
}

function entriesOf(store: Exclude<TrustedDocumentStore, (...args: never) => unknown>): Iterable<[string, string]> {
  if (store instanceof Map) return store;
  if (isManifest(store)) return store.operations.map(({ id, body }) => [id, body]);
  return Object.entries(store);
}

function isManifest(store: object): store is PersistedQueryManifest {
  return (
    'format' in store &&
    store.format === 'apollo-persisted-query-manifest' &&
    'operations' in store &&
    Array.isArray(store.operations)
  );
}

async function findBy<TPlatform extends unknown[]>(
  id: string,
  find: FindDocument<TPlatform>,
  platform: TPlatform,
): Promise<string | undefined> {
  for (const form of formsOf(id)) {
    const text = await find(form, ...platform);
    if (text !== undefined && text !== null) return checkText(form, text);
  }
  return undefined;
}

/** @throws TypeError for a document of another type, which a store may well return. */
function checkText(id: string, text: unknown): string {
  if (typeof text === 'string') return text;
  throw new TypeError(`The document ${id} must be a string. Received ${typeof text}.`);
}
