import { Database } from 'bun:sqlite';
import type { Book, Store } from '../example-app/store.ts';

export function sqliteStore(path: string): Store {
  const database = new Database(path);
  database.run('CREATE TABLE IF NOT EXISTS books (id TEXT PRIMARY KEY, json TEXT NOT NULL)');
  database.run('CREATE TABLE IF NOT EXISTS covers (id TEXT PRIMARY KEY, picture BLOB NOT NULL)');
  const parse = ({ json }: { json: string }): Book => JSON.parse(json);
  return {
    list: async () => database.query<{ json: string }, []>('SELECT json FROM books').all().map(parse),
    get: async (id) => {
      const row = database.query<{ json: string }, string>('SELECT json FROM books WHERE id = ?').get(id);
      return row === null ? undefined : parse(row);
    },
    put: async (book) => {
      database.run('INSERT OR REPLACE INTO books VALUES (?, ?)', [book.id, JSON.stringify(book)]);
    },
    getCover: async (id) =>
      database.query<{ picture: Uint8Array }, string>('SELECT picture FROM covers WHERE id = ?').get(id)?.picture,
    putCover: async (id, picture) => {
      database.run('INSERT OR REPLACE INTO covers VALUES (?, ?)', [id, picture]);
    },
  };
}
