import type { Book, Store } from '../example-app/store.ts';

/** Bytes. A value of Deno KV can have 65,536 bytes, and its encoding needs a few of them. */
const SLICE = 60_000;

export function kvStore(kv: Deno.Kv): Store {
  return {
    list: () => Array.fromAsync(kv.list<Book>({ prefix: ['books'] }), ({ value }) => value),
    get: async (id) => (await kv.get<Book>(['books', id])).value ?? undefined,
    put: async (book) => {
      await kv.set(['books', book.id], book);
    },
    getCover: async (id) => {
      const slices = await Array.fromAsync(
        kv.list<Uint8Array<ArrayBuffer>>({ prefix: ['covers', id] }),
        ({ value }) => value,
      );
      return slices.length === 0 ? undefined : new Uint8Array(await new Blob(slices).arrayBuffer());
    },
    putCover: async (id, picture) => {
      const change = kv.atomic();
      for await (const { key } of kv.list({ prefix: ['covers', id] })) change.delete(key);
      for (let at = 0; at < picture.length; at += SLICE) change.set(['covers', id, at], picture.slice(at, at + SLICE));
      await change.commit();
    },
  };
}
