export interface Book {
  readonly id: string;
  readonly title: string;
  readonly author: string;
  readonly addedBy: string;
}

/** Where the books are kept: all that the application asks of a platform. */
export interface Store {
  /** Every book, in any order. */
  list(): Promise<readonly Book[]>;
  get(id: string): Promise<Book | undefined>;
  put(book: Book): Promise<void>;
  getCover(id: string): Promise<Uint8Array | undefined>;
  putCover(id: string, picture: Uint8Array<ArrayBuffer>): Promise<void>;
}

const firstBook: Book = {
  id: 'first',
  title: 'A Wizard of Earthsea',
  author: 'Ursula K. Le Guin',
  addedBy: 'the librarian',
};

/** A store that is never quite empty: a new visitor finds one book on the shelf. */
export function withFirstBook(store: Store): Store {
  return {
    ...store,
    list: async () => [firstBook, ...(await store.list())],
    get: async (id) => (id === firstBook.id ? firstBook : await store.get(id)),
  };
}
