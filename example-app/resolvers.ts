import type { Context } from './context.ts';
import { reviewsOf } from './reviews.ts';
import type { Book, Store } from './store.ts';

type Resolver<Parent, Args = unknown> = (parent: Parent, args: Args, context: Context) => unknown;

interface Resolvers {
  readonly [typeName: string]: Record<string, Resolver<never, never>>;
}

export function createResolvers(store: Store): Resolvers {
  return {
    Query: {
      books: async () => (await store.list()).toSorted((a, b) => a.title.localeCompare(b.title)),
      book: (_parent, { id }: { id: string }) => store.get(id),
      visitor: (_parent, _args, { visitor }) => visitor,
    },
    Mutation: {
      async addBook(_parent, { title, author }: { title: string; author: string }, { visitor }) {
        const book: Book = { id: crypto.randomUUID(), title, author, addedBy: visitor.name };
        await store.put(book);
        return book;
      },
    },
    Book: {
      reviews: (book: Book, _args, { signal }) => reviewsOf(book, signal),
    },
  };
}
