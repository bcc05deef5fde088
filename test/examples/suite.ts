import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, hear } from '../../scripts/ask.ts';
import type { Environment, Server } from '../../scripts/launch.ts';

export interface Example {
  /** Starts the example in its own process, on a free port. */
  start(env: Environment): Promise<Server>;
  /** The path where it serves GraphQL. */
  readonly path: string;
}

/** Defines the tests of the example application from a user's view. They are the same for every runtime. */
export function describeExample(name: string, { start, path }: Example): void {
  describe(name, () => {
    let directory: string;
    let server: Server;

    // NODE_ENV is empty, as for a new user. Apollo Server then sends stack traces by default.
    const startHere = () => start({ STORE: join(directory, 'store'), NODE_ENV: '' });
    const post = (body: object, headers?: Record<string, string>) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'bookshelf-'));
      server = await startHere();
    });
    afterAll(async () => {
      await server.stop();
      await rm(directory, { recursive: true });
    });

    it('responds to a query', async () => {
      const response = await post({
        query: 'query ($id: ID!) { book(id: $id) { title } }',
        variables: { id: 'first' },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.text()).toBe('{"data":{"book":{"title":"A Wizard of Earthsea"}}}\n');
    });

    it('knows its visitor by a header, and sets two cookies', async () => {
      const response = await post({ query: '{ visitor { name visits } }' }, { 'x-user': 'Ada' });
      expect(await response.json()).toEqual({ data: { visitor: { name: 'Ada', visits: 1 } } });
      expect(response.headers.getSetCookie()).toEqual([
        'name=Ada; Path=/; HttpOnly; SameSite=Lax',
        'visits=1; Path=/; HttpOnly; SameSite=Lax',
      ]);
    });

    it('knows a visitor who comes back by the cookies', async () => {
      const response = await post({ query: '{ visitor { name visits } }' }, { cookie: 'name=Ada%20L; visits=1' });
      expect(await response.json()).toEqual({ data: { visitor: { name: 'Ada L', visits: 2 } } });
    });

    it('keeps what a mutation wrote over a restart', async () => {
      const addBook = 'mutation { addBook(title: "Zami", author: "Audre Lorde") { id } }';
      const { data } = await (await post({ query: addBook }, { 'x-user': 'Ada' })).json();
      const { id } = data.addBook;
      await server.stop();
      server = await startHere();
      const response = await post({
        query: 'query ($id: ID!) { book(id: $id) { author addedBy } books { title } }',
        variables: { id },
      });
      expect(await response.json()).toEqual({
        data: {
          book: { author: 'Audre Lorde', addedBy: 'Ada' },
          books: [{ title: 'A Wizard of Earthsea' }, { title: 'Zami' }],
        },
      });
    });

    const setCover = 'mutation ($cover: Upload!) { setCover(id: "first", cover: $cover) { cover } }';
    const postCover = async (cover: File) => {
      const body = new FormData();
      body.set('operations', JSON.stringify({ query: setCover, variables: { cover: null } }));
      body.set('map', '{"0":["variables.cover"]}');
      body.set('0', cover);
      const headers = { 'apollo-require-preflight': 'yes' };
      const response = await fetch(server.url + path, { method: 'POST', headers, body });
      return { status: response.status, body: await response.json() };
    };

    it('keeps a cover over a restart, and replaces it by a smaller one', async () => {
      // The first cover is larger than Deno KV allows for a value.
      for (const size of [150_000, 100]) {
        const picture = Buffer.alloc(size, 'cover');
        picture.set([0x89, 0x50, 0x4e, 0x47]);
        const cover = `data:image/png;base64,${picture.toString('base64')}`;
        expect(await postCover(new File([picture], '../a.html', { type: 'text/html' }))).toEqual({
          status: 200,
          body: { data: { setCover: { cover } } },
        });
        await server.stop();
        server = await startHere();
        const response = await post({ query: '{ book(id: "first") { cover } }' });
        expect(await response.json()).toEqual({ data: { book: { cover } } });
      }
    });

    it('refuses a cover that is no picture, and one that is too large', async () => {
      const message = 'No such book, or no picture.';
      expect(await postCover(new File(['<script>'], 'a.png', { type: 'image/png' }))).toMatchObject({
        body: { errors: [{ message }] },
      });
      expect(await postCover(new File([new Uint8Array(200_001)], 'a.png'))).toMatchObject({ status: 413 });
    });

    it('sends deferred data later to a client that accepts gzip like a browser', async () => {
      const [first, second, ...more] = await ask(
        server.url + path,
        '{ book(id: "first") { title ... @defer { reviews { critic } } } }',
      );
      expect(JSON.parse(first?.text ?? '')).toEqual({
        data: { book: { title: 'A Wizard of Earthsea' } },
        hasNext: true,
      });
      const reviews = [{ critic: 'The Morning Reader' }, { critic: 'Margins' }, { critic: 'The Slow Review' }];
      expect(JSON.parse(second?.text ?? '')).toEqual({
        incremental: [{ path: ['book'], data: { reviews } }],
        hasNext: false,
      });
      expect(more).toEqual([]);
      // The critics take a second, so parts that arrive together were held back. The bound allows for a busy machine.
      expect((second?.ms ?? 0) - (first?.ms ?? 0)).toBeGreaterThan(200);
    });

    it('streams the reviews one by one', async () => {
      const payloads = await ask(server.url + path, '{ book(id: "first") { reviews @stream { critic } } }');
      const critics = payloads.flatMap(({ text }) => [...text.matchAll(/"critic":"([^"]+)"/g)].map(([, name]) => name));
      expect(critics).toEqual(['The Morning Reader', 'Margins', 'The Slow Review']);
      expect((payloads.at(-1)?.ms ?? 0) - (payloads[0]?.ms ?? 0)).toBeGreaterThan(200);
    });

    it('sends an added book to its subscribers', async () => {
      const [event] = await hear(
        server.url + path,
        'subscription { bookAdded { title author addedBy } }',
        'mutation { addBook(title: "Kindred", author: "Octavia E. Butler") { id } }',
      );
      expect(JSON.parse(event?.text ?? '')).toEqual({
        payload: { data: { bookAdded: { title: 'Kindred', author: 'Octavia E. Butler', addedBy: 'Ada' } } },
      });
    });

    it('sends no stack trace with an error', async () => {
      const response = await post({ query: '{ nope }' });
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        errors: [
          {
            message: 'Cannot query field "nope" on type "Query".',
            locations: [{ line: 1, column: 3 }],
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
          },
        ],
      });
    });

    it('serves the page with the script in it', async () => {
      const response = await fetch(`${server.url}/shelf`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const html = await response.text();
      expect(html).toMatch(/^<!doctype html>\n.*<script type="module">.*@defer.*<\/script>\n.*<\/html>\n$/s);
      expect(html.match(/<\/script/g)).toHaveLength(1);
    });

    it('greets a browser with Apollo Sandbox', async () => {
      const response = await fetch(server.url + path, {
        headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html');
      expect(await response.text()).toContain('EmbeddedSandbox');
    });
  });
}
