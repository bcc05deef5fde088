import { expect, it, onTestFinished, vi } from 'vitest';
import { reviewsOf } from '../../example-app/reviews.ts';

const book = { id: 'zami', title: 'Zami', author: 'Audre Lorde', addedBy: 'Ada' };

it('asks no more critics once the reader has left', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const reader = new AbortController();
  const reviews = reviewsOf(book, reader.signal);

  const first = reviews.next();
  await vi.advanceTimersByTimeAsync(400);
  expect((await first).value).toEqual({ critic: 'The Morning Reader', text: 'I read “Zami” in one night.' });

  const second = reviews.next();
  expect(vi.getTimerCount()).toBe(1);
  reader.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  expect(vi.getTimerCount()).toBe(0);
  expect(await reviews.next()).toEqual({ done: true, value: undefined });
});
