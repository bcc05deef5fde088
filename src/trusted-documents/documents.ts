/** The file that `@apollo/generate-persisted-query-manifest` writes. */
export interface PersistedQueryManifest {
  readonly format: 'apollo-persisted-query-manifest';
  readonly version: 1;
  readonly operations: readonly { readonly id: string; readonly body: string }[];
}

/**
 * Documents by their ids: an object, a `Map`, Apollo's manifest, or a function. The function gets an id of at most 512
 * characters, and returns the text, `undefined` or `null`, or a promise of one of these.
 */
export type TrustedDocumentStore =
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>
  | PersistedQueryManifest
  | ((id: string) => string | null | undefined | Promise<string | null | undefined>);

/** One way to look documents up, whatever form they have. */
export interface Documents {
  /** Whether a text can be looked up, too. */
  readonly knowsTexts: boolean;
  hasText(text: string): boolean;
  find(id: string): Promise<string | undefined>;
}

const prefix = 'sha256:';

/** @throws TypeError if it is none of the forms, or if a document is not a text. */
export function findIn(store: TrustedDocumentStore): Documents {
  if (typeof store === 'function') {
    return { knowsTexts: false, hasText: () => false, find: (id) => findBy(id, store) };
  }
  if (typeof store !== 'object' || store === null) {
    throw new TypeError(`documents must be an object, a Map, a manifest or a function. Received ${store}.`);
  }
  const documents = new Map(entriesOf(store));
  for (const [id, text] of documents) {
    if (typeof text !== 'string') throw new TypeError(`The document ${id} must be a text. Received ${typeof text}.`);
  }
  const texts = new Set(documents.values());
  return {
    knowsTexts: true,
    hasText: (text) => texts.has(text),
    find: (id) => findBy(id, (key) => documents.get(key)),
  };
}

function entriesOf(store: Exclude<TrustedDocumentStore, (...args: never) => unknown>): Iterable<[string, string]> {
  if (store instanceof Map) return store;
  if (!isManifest(store)) return Object.entries(store as Record<string, string>);
  return store.operations.map(({ id, body }) => [id, body]);
}

function isManifest(store: object): store is PersistedQueryManifest {
  return (
    'format' in store &&
    store.format === 'apollo-persisted-query-manifest' &&
    'operations' in store &&
    Array.isArray(store.operations)
  );
}

/** Some tools write `sha256:` before a hash and some clients send it, so an id is tried with and without it. */
async function findBy(
  id: string,
  find: (id: string) => string | null | undefined | Promise<string | null | undefined>,
): Promise<string | undefined> {
  const other = id.startsWith(prefix) ? id.slice(prefix.length) : prefix + id;
  return (await find(id)) ?? (await find(other)) ?? undefined;
}
