import { expect, it, onTestFinished, vi } from 'vitest';
import { withPage } from '../../example-app/page.ts';
import { reviewsOf } from '../../example-app/reviews.ts';

const book = { id: 'zami', title: 'Zami', author: 'Audre Lorde', addedBy: 'Ada' };

it('asks no more critics after the reader disconnects', async () => {
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

it('responds to GET /shelf with a page, and passes on every other request', async () => {
  const response = new Response('from the handler');
  const calls: unknown[][] = [];
  const env = {};
  const ctx = {};
  const handler = withPage(async (...args: [Request, typeof env, typeof ctx]) => {
    calls.push(args);
    return response;
  });

  const page = await handler(new Request('http://localhost/shelf?from=here'), env, ctx);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(calls).toEqual([]);

  const others = [
    new Request('http://localhost/'),
    new Request('http://localhost/shelf/'),
    new Request('http://localhost/shelf', { method: 'POST', body: '{}' }),
    // Some bridges to Node build a URL like this from an odd `Host`.
    Object.defineProperty(new Request('http://localhost/'), 'url', { value: 'http://a host/shelf' }),
  ];
  for (const request of others) {
    expect(await handler(request, env, ctx)).toBe(response);
    const untouched = [request, env, ctx];
    expect(calls.at(-1)?.map((arg, index) => arg === untouched[index])).toEqual([true, true, true]);
  }
  expect(calls).toHaveLength(others.length);
});
