import type { Book, Store } from '../example-app/store.ts';

export function kvStore(kv: Deno.Kv): Store {
  return {
    list: () => Array.fromAsync(kv.list<Book>({ prefix: ['books'] }), ({ value }) => value),
    get: async (id) => (await kv.get<Book>(['books', id])).value ?? undefined,
    put: async (book) => {
      await kv.set(['books', book.id], book);
    },
  };
}
