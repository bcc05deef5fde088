import { DatabaseSync } from 'node:sqlite';
import type { Book, Store } from './store.ts';

/** Keeps the books in SQLite, for the examples that run on Node.js. */
export function sqliteStore(path: string): Store {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE IF NOT EXISTS books (id TEXT PRIMARY KEY, json TEXT NOT NULL)');
  database.exec('CREATE TABLE IF NOT EXISTS covers (id TEXT PRIMARY KEY, picture BLOB NOT NULL)');
  const parse = ({ json }: Record<string, unknown>): Book => JSON.parse(String(json));
  return {
    list: async () => database.prepare('SELECT json FROM books').all().map(parse),
    get: async (id) => {
      const row = database.prepare('SELECT json FROM books WHERE id = ?').get(id);
      return row && parse(row);
    },
    put: async (book) => {
      database.prepare('INSERT OR REPLACE INTO books VALUES (?, ?)').run(book.id, JSON.stringify(book));
    },
    getCover: async (id) => {
      const picture = database.prepare('SELECT picture FROM covers WHERE id = ?').get(id)?.picture;
      return picture instanceof Uint8Array ? picture : undefined;
    },
    putCover: async (id, picture) => {
      database.prepare('INSERT OR REPLACE INTO covers VALUES (?, ?)').run(id, picture);
    },
  };
}
