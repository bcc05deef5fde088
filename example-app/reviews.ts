import type { Book } from './store.ts';

export interface Review {
  readonly critic: string;
  readonly text: string;
}

const critics: readonly ((book: Book) => Review)[] = [
  ({ title }) => ({ critic: 'The Morning Reader', text: `I read “${title}” in one night.` }),
  ({ author }) => ({ critic: 'Margins', text: `${author} has written better. Not many have.` }),
  ({ title, author }) => ({ critic: 'The Slow Review', text: `“${title}” will outlive ${author}, and us.` }),
];

/** Asks the critics one after the other, a third of a second each. Stops asking when the client disconnects. */
export async function* reviewsOf(book: Book, signal: AbortSignal): AsyncGenerator<Review, void> {
  for (const review of critics) {
    await delay(333, signal);
    yield review(book);
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
