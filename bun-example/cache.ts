import { Database } from 'bun:sqlite';
import { KeyvAdapter } from '@apollo/utils.keyvadapter';
import Keyv from 'keyv';

/** Creates a cache that all processes share and that survives restarts: Keyv, with an SQLite table as its store. */
export function sqliteCache(path: string): KeyvAdapter {
  const database = new Database(path);
  database.run('PRAGMA busy_timeout = 1000');
  database.run('PRAGMA journal_mode = WAL');
  database.run('PRAGMA synchronous = NORMAL');
  database.run('CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER)');
  // Keyv deletes an expired entry only when the entry is read. The entries deleted here were not read.
  database.run('DELETE FROM cache WHERE expires < ?', [Date.now()]);
  const select = database.query<{ value: string }, string>('SELECT value FROM cache WHERE key = ?');
  const store = {
    get: (key: string) => select.get(key)?.value,
    set: (key: string, value: string, ttl?: number) =>
      database.run('REPLACE INTO cache VALUES (?, ?, ?)', [key, value, ttl ? Date.now() + ttl : null]),
    delete: (key: string) => database.run('DELETE FROM cache WHERE key = ?', [key]).changes > 0,
    clear: () => database.run('DELETE FROM cache'),
  };
  // KeyvAdapter is CommonJS, and Keyv declares a separate type for CommonJS.
  return new KeyvAdapter(new Keyv({ store }) as never);
}
