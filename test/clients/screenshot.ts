/** Takes the picture of the README: the page after its first part, and after its last. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch } from '../../scripts/launch.ts';
import { bundlePage, launchBrowser } from './browser.ts';

const [browser, html, server] = await Promise.all([
  launchBrowser(),
  bundlePage(),
  launch('node', 'node-example/server.ts', { STORE: ':memory:' }),
]);
const page = await browser.newPage({ viewport: { width: 480, height: 470 }, deviceScaleFactor: 2 });
await page.route('**/bookshelf', (route) => route.fulfill({ contentType: 'text/html', body: html }));
await page.goto(`${server.url}/bookshelf`);

async function shoot(mark: string): Promise<{ picture: string; time: number }> {
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, mark);
  const time = await page.evaluate((name) => performance.getEntriesByName(name)[0]?.startTime ?? Number.NaN, mark);
  return { picture: (await page.screenshot()).toString('base64'), time: Math.round(time) };
}

const shots = [await shoot('book'), await shoot('reviews')];
await page.setViewportSize({ width: 1040, height: 546 });
await page.setContent(`<body style="display: flex; gap: 24px; margin: 20px; font: 15px system-ui, sans-serif; color: #1f2933">
  ${shots
    .map(
      ({
        picture,
        time,
      }) => `<figure style="margin: 0; border: 1px solid #cbd2d9; border-radius: 8px; overflow: hidden">
        <figcaption style="padding: 6px 12px; background: #e4e7eb; font-weight: 600">${time} ms</figcaption>
        <img width="480" alt="" src="data:image/png;base64,${picture}">
      </figure>`,
    )
    .join('')}
</body>`);
const file = fileURLToPath(new URL('../../docs/defer.png', import.meta.url));
await page.screenshot({ path: file });
console.log(`${file}: ${(await readFile(file)).length} bytes`);
await browser.close();
await server.stop();
