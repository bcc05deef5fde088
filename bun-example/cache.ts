import { Database } from 'bun:sqlite';
import { KeyvAdapter } from '@apollo/utils.keyvadapter';
import Keyv from 'keyv';

/** A cache that all processes share and that outlives them: Keyv, with a table of SQLite as its store. */
export function sqliteCache(path: string): KeyvAdapter {
  const database = new Database(path);
  database.run('PRAGMA busy_timeout = 1000');
  database.run('PRAGMA journal_mode = WAL');
  database.run('PRAGMA synchronous = NORMAL');
  database.run('CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER)');
  // Keyv deletes an expired entry when it is read. These were not read.
  database.run('DELETE FROM cache WHERE expires < ?', [Date.now()]);
  const select = database.query<{ value: string }, string>('SELECT value FROM cache WHERE key = ?');
  const store = {
    get: (key: string) => select.get(key)?.value,
    set: (key: string, value: string, ttl?: number) =>
      database.run('REPLACE INTO cache VALUES (?, ?, ?)', [key, value, ttl ? Date.now() + ttl : null]),
    delete: (key: string) => database.run('DELETE FROM cache WHERE key = ?', [key]).changes > 0,
    clear: () => database.run('DELETE FROM cache'),
  };
  // KeyvAdapter is CommonJS, for which Keyv has a type of its own.
  return new KeyvAdapter(new Keyv({ store }) as never);
}
