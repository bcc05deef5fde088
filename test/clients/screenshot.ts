/** Takes the picture for the README. It shows the example's page at its first paint, and with the reviews. */
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { commands, launch } from '../../scripts/launch.ts';
import { freePort } from '../../scripts/ports.ts';
import { launchBrowser, paintOf } from './browser.ts';

const [browser, server] = await Promise.all([
  launchBrowser(),
  launch(commands.node, 'node-example/server.ts', { STORE: ':memory:', PORT: String(await freePort(4000)) }),
]);
const page = await browser.newPage({ viewport: { width: 480, height: 432 }, deviceScaleFactor: 2 });
const address = `${server.url}/shelf`;

// The page is loaded once before the picture, because a server that has just started is slow.
await page.goto(address);
await paintOf(page, 'review');
await page.reload();

async function shoot(timing: string): Promise<string> {
  const { time } = await paintOf(page, timing);
  const picture = (await page.screenshot()).toString('base64');
  return `<figure>
    <figcaption>${address}<time>${Math.round(time)} ms</time></figcaption>
    <img width="480" alt="" src="data:image/png;base64,${picture}">
  </figure>`;
}

const figures = [await shoot('book'), await shoot('review')];
await page.setViewportSize({ width: 1040, height: 540 });
await page.setContent(`
  <style>
    body { display: inline-flex; gap: 24px; margin: 0; padding: 1px; font: 15px system-ui, sans-serif; color: #26221c; }
    figure { margin: 0; border: 1px solid #b8b0a0; border-radius: 10px; overflow: hidden; }
    figcaption { display: flex; justify-content: space-between; padding: 8px 24px; background: #e6e0d3; }
    time { font-weight: 700; }
    img { display: block; }
  </style>
  ${figures.join('')}`);
const file = fileURLToPath(new URL('../../docs/defer.png', import.meta.url));
await page.locator('body').screenshot({ path: file, omitBackground: true });
console.log(`${file}: ${(await stat(file)).size} bytes`);
await browser.close();
await server.stop();
