import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';

/** A real Chromium, without a window. */
export async function launchBrowser(): Promise<Browser> {
  return await playwright.launch({
    executablePath: await chromium.executablePath(),
    // As a single process it would end with the first page that is closed.
    args: [...chromium.args.filter((arg) => arg !== '--single-process'), '--no-sandbox'],
  });
}

/** What a page had painted. */
export interface Paint {
  /** When, in milliseconds from the navigation on. */
  readonly time: number;
  /** All that the page showed. */
  readonly text: string;
}

/** The paint in which an element with that `elementtiming` came to be seen: the browser's own word, as soon as it has it. */
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
