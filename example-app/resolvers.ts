import { GraphQLUpload } from 'apollo-server-integration-fetch/uploads';
import { GraphQLError, type GraphQLScalarType } from 'graphql';
import type { Context } from './context.ts';
import { toDataURL } from './covers.ts';
import type { Hub } from './hub.ts';
import { reviewsOf } from './reviews.ts';
import type { Book, Store } from './store.ts';

type Resolver<Parent, Args = unknown> = (parent: Parent, args: Args, context: Context) => unknown;

interface SubscriptionResolver {
  readonly subscribe: Resolver<never, never>;
  readonly resolve: (book: Book) => Book;
}

interface Resolvers {
  readonly [typeName: string]: GraphQLScalarType | Record<string, Resolver<never, never> | SubscriptionResolver>;
}

export function createResolvers(store: Store, hub: Hub): Resolvers {
  return {
    Upload: GraphQLUpload,
    Query: {
      books: async () => (await store.list()).toSorted((a, b) => a.title.localeCompare(b.title)),
      book: (_parent, { id }: { id: string }) => store.get(id),
      visitor(_parent, _args, { visitor, remember }) {
        remember();
        return visitor;
      },
    },
    Mutation: {
      async addBook(_parent, { title, author }: { title: string; author: string }, { visitor }) {
        const book: Book = { id: await idOf(title, author), title, author, addedBy: visitor.name };
        await store.put(book);
        await hub.publish(book);
        return book;
      },
      async setCover(_parent, { id, cover }: { id: string; cover: File }) {
        const book = await store.get(id);
        const picture = new Uint8Array(await cover.arrayBuffer());
        if (book === undefined || toDataURL(picture) === undefined) {
          throw new GraphQLError('No such book, or no picture.', { extensions: { code: 'BAD_USER_INPUT' } });
        }
        await store.putCover(id, picture);
        return book;
      },
    },
    Subscription: {
      bookAdded: { subscribe: () => hub.subscribe(), resolve: (book) => book },
    },
    Book: {
      async cover({ id }: Book) {
        const picture = await store.getCover(id);
        return picture && toDataURL(picture);
      },
      reviews: (book: Book, _args, { signal }) => reviewsOf(book, signal),
    },
  };
}

/** Derives the id from the book, so that the shelf has a book only once, however often it is added. */
async function idOf(title: string, author: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([title, author]));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).reduce(
    (hex, byte) => hex + byte.toString(16).padStart(2, '0'),
    '',
  );
}
