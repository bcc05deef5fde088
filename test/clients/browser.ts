import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';

/** Launches a real Chromium without a window. */
export async function launchBrowser(): Promise<Browser> {
  return await playwright.launch({
    executablePath: await chromium.executablePath(),
    // A single-process Chromium would exit when the first page is closed.
    args: [...chromium.args.filter((arg) => arg !== '--single-process'), '--no-sandbox'],
  });
}

/** One paint of a page. */
export interface Paint {
  /** The time since the navigation, in milliseconds. */
  readonly time: number;
  /** All text on the page. */
  readonly text: string;
}

/** Resolves to the paint that first showed an element with this `elementtiming`, as soon as the browser reports it. */
export async function paintOf(page: Page, timing: string): Promise<Paint> {
  return await page.evaluate(
    (timing) =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => {
          const entry = list.getEntries().find((entry) => entry.toJSON().identifier === timing);
          if (entry !== undefined) resolve({ time: entry.startTime, text: document.body.innerText });
        }).observe({ type: 'element', buffered: true });
      }),
    timing,
  );
}
