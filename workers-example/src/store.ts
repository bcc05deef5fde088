import type { Book, Store } from '../../example-app/store.ts';

export function kvStore(kv: KVNamespace, covers: R2Bucket): Store {
  const get = async (id: string) => (await kv.get<Book>(id, 'json')) ?? undefined;
  return {
    async list() {
      // One page has up to a thousand keys, which is more than a bookshelf holds.
      const { keys } = await kv.list();
      const books = await Promise.all(keys.map(({ name }) => get(name)));
      return books.filter((book) => book !== undefined);
    },
    get,
    put: (book) => kv.put(book.id, JSON.stringify(book)),
    getCover: async (id) => await (await covers.get(id))?.bytes(),
    putCover: async (id, picture) => void (await covers.put(id, picture)),
  };
}
