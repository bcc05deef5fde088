import chromium from '@sparticuz/chromium';
import { build } from 'esbuild';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patient } from '../hosts/describe-hosts.ts';
import { hosts } from '../hosts/hosts.ts';
import { type Fixture, startFixture } from './fixture.ts';

let browser: Browser;
let script: string;

beforeAll(async () => {
  const unwanted = ['--single-process', '--disable-web-security'];
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    // The browser applies the rules about other origins, which the package switches off.
    args: [...chromium.args.filter((arg) => !unwanted.includes(arg)), '--no-sandbox'],
  });
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';`,
      resolveDir: '.',
    },
    bundle: true,
    format: 'iife',
    globalName: 'apollo',
    write: false,
  });
  script = outputFiles[0]?.text ?? '';
});
afterAll(() => browser.close());

/** The globals that the scripts in the page use. */
declare const apollo: typeof import('@apollo/client');
declare global {
  var seen: unknown[];
  var leave: () => void;
}

describe.each(hosts.filter(({ id }) => ['node', 'deno', 'bun', 'workerd'].includes(id)))('$name', (host) => {
  let fixture: Fixture;
  let page: Page;
  const seen = () => page.evaluate(() => globalThis.seen);

  beforeAll(async () => {
    fixture = await startFixture(host);
    page = await browser.newPage();
    await page.goto(`${fixture.server.url}/page`);
    await page.addScriptTag({ content: script });
  });
  afterAll(async () => {
    await page.close();
    expect(await fixture.stop()).toBe('');
  });

  test('Apollo Client', async () => {
    await page.evaluate(() => {
      globalThis.seen = [];
      const link = new apollo.HttpLink({ uri: '/graphql' });
      const client = new apollo.ApolloClient({ link, cache: new apollo.InMemoryCache() });
      const query = apollo.gql('subscription { ticks(run: "apollo", hold: 3) }');
      const subscription = client.subscribe({ query }).subscribe(({ data }) => globalThis.seen.push(data));
      globalThis.leave = () => subscription.unsubscribe();
    });
    await expect.poll(seen, patient).toEqual([{ ticks: 1 }, { ticks: 2 }]);
    await page.evaluate(() => globalThis.leave());
    await expect.poll(() => fixture.journal('apollo'), patient).toMatchObject({ opened: 1, aborts: 1 });
    await fixture.open('apollo');
    await expect.poll(() => fixture.journal('apollo'), patient).toMatchObject({ closed: 1, logged: [] });
  });

  const openEventSource = async (query: string, url = '/unprotected') => {
    await page.evaluate(
      (url) => {
        globalThis.seen = [];
        const source = new EventSource(url);
        globalThis.leave = () => source.close();
        source.addEventListener('next', ({ data }) => globalThis.seen.push(JSON.parse(data)));
        source.addEventListener('complete', () => {
          globalThis.seen.push('complete');
          source.close();
        });
        source.addEventListener('error', () => globalThis.seen.push('error'));
      },
      `${url}?query=${encodeURIComponent(query)}`,
    );
  };

  test('EventSource, where there is no CSRF prevention', async () => {
    await openEventSource('subscription { ticks(run: "eventsource", count: 2) }');
    await expect.poll(seen, patient).toEqual([{ data: { ticks: 1 } }, { data: { ticks: 2 } }, 'complete']);
    expect(await fixture.journal('eventsource')).toMatchObject({ opened: 1, closed: 1, aborts: 0 });
  });

  test('EventSource with an invalid query', async () => {
    await openEventSource('subscription { nothing }');
    await expect
      .poll(seen, patient)
      .toMatchObject([{ errors: [{ message: expect.stringContaining('Cannot query field "nothing"') }] }, 'complete']);
  });

  test('EventSource that is closed', async () => {
    await openEventSource('subscription { silent(run: "closed") }');
    await expect.poll(() => fixture.journal('closed'), patient).toMatchObject({ opened: 1 });
    await page.evaluate(() => globalThis.leave());
    await expect.poll(() => fixture.journal('closed'), patient).toMatchObject({ closed: 1, aborts: 1 });
  });

  test('EventSource is refused by CSRF prevention', async () => {
    await openEventSource('subscription { ticks(run: "csrf") }', '/graphql');
    await expect.poll(seen, patient).toEqual(['error']);
    expect(await fixture.journal('csrf')).toMatchObject({ opened: 0 });
  });

  test('a page of another origin reads nothing', async () => {
    // Browsers treat `localhost` and `127.0.0.1` as different origins.
    const other = fixture.server.url.replace('127.0.0.1', 'localhost');
    await openEventSource('subscription { ticks(run: "other", count: 3) }', `${other}/unprotected`);
    await expect.poll(seen, patient).toContain('error');
    await page.evaluate(() => globalThis.leave());
    expect(new Set(await seen())).toEqual(new Set(['error']));
    expect((await fixture.journal('other')).opened, 'the request has reached the server').toBeGreaterThan(0);
  });
});
