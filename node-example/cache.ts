import { DatabaseSync } from 'node:sqlite';
import { KeyvAdapter } from '@apollo/utils.keyvadapter';
import Keyv from 'keyv';

/** Creates a cache that all processes share and that survives restarts: Keyv, with an SQLite table as its store. */
export function sqliteCache(path: string): KeyvAdapter {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER)');
  // Keyv deletes an expired entry only when the entry is read. The entries deleted here were not read.
  database.prepare('DELETE FROM cache WHERE expires < ?').run(Date.now());
  const select = database.prepare('SELECT value FROM cache WHERE key = ?');
  const replace = database.prepare('REPLACE INTO cache VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM cache WHERE key = ?');
  const store = {
    get: (key: string) => select.get(key)?.value,
    set: (key: string, value: string, ttl?: number) => replace.run(key, value, ttl ? Date.now() + ttl : null),
    delete: (key: string) => remove.run(key).changes > 0,
    clear: () => database.exec('DELETE FROM cache'),
  };
  // KeyvAdapter is CommonJS, and Keyv declares a separate type for CommonJS.
  return new KeyvAdapter(new Keyv({ store }) as never);
}
