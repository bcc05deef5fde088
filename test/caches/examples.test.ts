import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { commands, launch } from '../../scripts/launch.ts';
import { graphql, persisted } from './client.ts';

const examples = [
  ['node', 'node-example/server.ts'],
  ['bun', 'bun-example/server.ts'],
  ['deno', 'deno-example/main.ts'],
  ['wrangler', 'wrangler.toml'],
] as const;

test.for(examples)('the example on %s keeps persisted queries over a restart', async ([name, program]) => {
  const directory = await mkdtemp(join(tmpdir(), 'bookshelf-'));
  const query = '{ book(id: "first") { title } }';
  const extensions = persisted(query);
  const ask = async (...bodies: object[]) => {
    const server = await launch(commands[name], program, { STORE: join(directory, 'store') });
    const results = [];
    for (const body of bodies) results.push((await graphql(server.url, body)).body);
    await server.stop();
    return results;
  };
  const book = { data: { book: { title: 'A Wizard of Earthsea' } } };
  try {
    const [missed, registered] = await ask({ extensions }, { query, extensions });
    expect(missed).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] });
    expect(registered).toEqual(book);
    expect(await ask({ extensions })).toEqual([book]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('the example on Workers serves its GET queries from the cache, and nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bookshelf-'));
  const server = await launch(commands.wrangler, 'wrangler.toml', { STORE: join(directory, 'store') });
  const get = async (query: string, headers: Record<string, string> = {}) => {
    const url = `${server.url}/?query=${encodeURIComponent(query)}`;
    const response = await fetch(url, { headers: { 'apollo-require-preflight': 'true', ...headers } });
    return { body: await response.json(), hit: response.headers.has('age'), headers: response.headers };
  };
  const books = '{ books { title author } }';
  try {
    const first = await get(books);
    expect([first.hit, first.headers.get('cache-control')]).toEqual([false, 'max-age=60, public']);
    const second = await vi.waitUntil(
      async () => {
        const response = await get(books);
        return response.hit && response;
      },
      { timeout: 10_000 },
    );
    expect(second.body).toEqual(first.body);
    expect((await get(books, { cookie: 'name=Ada' })).hit).toBe(false);
    expect((await get(books, { 'x-user': 'Ada' })).hit).toBe(false);
    for (let visits = 0; visits < 2; visits++) {
      const { hit, body, headers } = await get('{ visitor { name } }', { 'x-user': 'Ada' });
      expect([hit, body, headers.get('cache-control')]).toEqual([
        false,
        { data: { visitor: { name: 'Ada' } } },
        'no-store, private',
      ]);
    }
  } finally {
    await server.stop();
    await rm(directory, { recursive: true });
  }
});
