import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../scripts/ask.ts';
import { commands, launch, type Server } from '../../scripts/launch.ts';
import { launchBrowser, type Paint, paintOf } from './browser.ts';

const examples: { name: keyof typeof commands; program: string }[] = [
  { name: 'node', program: 'node-example/server.ts' },
  { name: 'deno', program: 'deno-example/main.ts' },
  { name: 'bun', program: 'bun-example/server.ts' },
  { name: 'wrangler', program: 'wrangler.toml' },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe.each(examples)('Apollo Client in Chromium, $name', ({ name, program }) => {
  let folder: string;
  let server: Server;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bookshelf-'));
    server = await launch(commands[name], program, { STORE: join(folder, 'store') });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  test('the book is painted first, and its reviews later', async () => {
    const page = await browser.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => faults.push(message.text()));

    await page.goto(`${server.url}/shelf`);
    const book = await paintOf(page, 'book');
    const reviews = await paintOf(page, 'review');

    expect(linesOf(book)).toEqual(['A Wizard of Earthsea', 'Ursula K. Le Guin', 'The reviews are coming…']);
    expect(linesOf(reviews)).toEqual([
      'A Wizard of Earthsea',
      'Ursula K. Le Guin',
      'I read “A Wizard of Earthsea” in one night.',
      'The Morning Reader',
      'Ursula K. Le Guin has written better. Not many have.',
      'Margins',
      '“A Wizard of Earthsea” will outlive Ursula K. Le Guin, and us.',
      'The Slow Review',
      'Another cover: ',
    ]);
    const [firstPaint] = await page.evaluate(() =>
      performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime),
    );
    expect(book.time).toBe(firstPaint);
    // The critics take a second. If the book were held back until then, both paints would be at nearly the same time.
    // The limit is low, because a busy machine may paint the book late.
    expect(reviews.time - book.time).toBeGreaterThan(200);
    expect(requests, 'one query, whose reviews came with the book, and one subscription').toEqual([
      `GET ${server.url}/shelf`,
      `POST ${server.url}/graphql`,
      `POST ${server.url}/graphql`,
    ]);

    await ask(`${server.url}/graphql`, 'mutation { addBook(title: "Zami", author: "Audre Lorde") { id } }');
    await page.getByText('Zami, Audre Lorde').waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  test('a picture that the visitor chooses becomes the cover', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/shelf`);
    const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: 40, height: 60 } });
    await page.setInputFiles('input', { name: 'cover ü.png', mimeType: 'image/png', buffer });
    await page.waitForSelector('#cover img');
    await page.reload();
    const image = await page.waitForSelector('#cover img');
    await expect.poll(() => image.evaluate((image: HTMLImageElement) => image.naturalHeight)).toBe(60);
    await page.close();
  });
});

const linesOf = ({ text }: Paint) => text.split('\n').filter((line) => line !== '');
