export interface Book {
  readonly id: string;
  readonly title: string;
  readonly author: string;
  readonly addedBy: string;
}

/** Keeps the books and their covers. Each platform provides a store. */
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

/** Adds a first book to a store, so that a new visitor finds a book on the shelf. */
export function withFirstBook(store: Store): Store {
  return {
    ...store,
    list: async () => [firstBook, ...(await store.list())],
    get: async (id) => (id === firstBook.id ? firstBook : await store.get(id)),
  };
}
