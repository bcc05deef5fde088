import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
