import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, type RuntimeName, type Server } from '../../scripts/launch.ts';
import { bundlePage, launchBrowser } from './browser.ts';

const examples: { name: RuntimeName; program: string }[] = [
  { name: 'node', program: 'node-example/server.ts' },
  { name: 'deno', program: 'deno-example/main.ts' },
  { name: 'bun', program: 'bun-example/server.ts' },
  { name: 'workerd', program: 'wrangler.toml' },
];

let browser: Browser;
let html: string;
beforeAll(async () => {
  [browser, html] = await Promise.all([launchBrowser(), bundlePage()]);
});
afterAll(() => browser.close());

describe.each(examples)('Apollo Client in Chromium, $name', ({ name, program }) => {
  let folder: string;
  let server: Server;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bookshelf-'));
    server = await launch(name, program, { STORE: join(folder, 'store') });
    // The first request starts the server.
    await fetch(server.url, { headers: { accept: 'text/html' } });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  test('the book is painted first, its reviews when they arrive', async () => {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    // The page comes from the origin of the example, so that no more is asked of it than to answer GraphQL.
    await page.route('**/bookshelf', (route) => route.fulfill({ contentType: 'text/html', body: html }));
    await page.goto(`${server.url}/bookshelf`);

    await page.getByRole('heading', { name: 'A Wizard of Earthsea' }).waitFor();
    expect(await page.getByText('Ursula K. Le Guin').isVisible()).toBe(true);
    expect(await page.locator('li.waiting').count(), 'reviews still to come').toBe(3);
    expect(await page.getByText('The Slow Review').count()).toBe(0);

    await page.getByText('The Slow Review').waitFor();
    expect(await page.locator('li.waiting').count()).toBe(0);
    await page.waitForFunction(() => performance.getEntriesByName('reviews').length > 0);
    const [paint = Number.NaN, book = Number.NaN, reviews = Number.NaN] = await page.evaluate(() =>
      ['first-contentful-paint', 'book', 'reviews'].map((mark) => performance.getEntriesByName(mark)[0]?.startTime),
    );
    expect(paint).toBeLessThan(reviews);
    // The three critics take a third of a second each.
    expect(reviews - book).toBeGreaterThan(700);
    expect(faults).toEqual([]);
    await page.close();
  });
});
