import { expect, onTestFinished, test, vi } from 'vitest';
import { Exchange } from '../../src/core/exchange.ts';
import { endsWithResponse, waitUntil } from '../../src/core/platform.ts';

function connect() {
  const connection = new AbortController();
  const request = new Request('http://localhost/', { signal: connection.signal });
  return { connection, request, exchange: new Exchange(request) };
}

test('the signal aborts when the request does', () => {
  const { connection, exchange } = connect();
  const onabort = vi.fn();
  exchange.signal.addEventListener('abort', onabort);
  expect(exchange.signal.aborted).toBe(false);
  connection.abort();
  exchange.abort();
  expect(onabort).toHaveBeenCalledTimes(1);
  expect(exchange.signal.reason).toMatchObject({ name: 'AbortError' });
});

test('the signal of a client that has left already is aborted', () => {
  const { connection, exchange } = connect();
  connection.abort();
  expect(exchange.signal.aborted).toBe(true);
});

test('the signal does not abort once the response is complete, though Deno aborts the request', () => {
  const { connection, exchange } = connect();
  const { signal } = exchange;
  exchange.done();
  connection.abort();
  exchange.abort();
  expect(signal.aborted).toBe(false);
});

test('a signal that is first read after the response is complete is not aborted', () => {
  const { connection, exchange } = connect();
  exchange.done();
  connection.abort();
  expect(exchange.signal.aborted).toBe(false);
});

test('a signal that is first read after the client has disconnected is aborted', () => {
  const { exchange } = connect();
  exchange.abort();
  expect(exchange.signal.aborted).toBe(true);
});

test('nothing is left on the request once the response is complete', () => {
  const { request, exchange } = connect();
  const add = vi.spyOn(request.signal, 'addEventListener');
  const remove = vi.spyOn(request.signal, 'removeEventListener');
  expect(exchange.signal.aborted).toBe(false);
  exchange.done();
  expect(add).toHaveBeenCalledTimes(1);
  expect(remove).toHaveBeenCalledWith('abort', add.mock.calls[0]?.[1]);
});

test('the request’s signal is not read unless the exchange’s signal is', () => {
  const { request, exchange } = connect();
  const signal = vi.spyOn(request, 'signal', 'get');
  exchange.done();
  exchange.abort();
  expect(signal).not.toHaveBeenCalled();
});

test('a platform that refuses to look up a module has no waitUntil', () => {
  const lookup = vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
    throw new Error('A Node.js API is used which is not supported in the Edge Runtime.');
  });
  onTestFinished(() => lookup.mockRestore());
  expect(endsWithResponse([])).toBe(false);
  const logged = vi.fn();
  waitUntil([], Promise.resolve(), { error: logged });
  expect(logged).not.toHaveBeenCalled();
});

test('waitUntil is found wherever the platform puts it, and gets a promise that does not reject', async () => {
  const held: Promise<unknown>[] = [];
  const ctx = {
    waitUntil(this: unknown, promise: Promise<unknown>) {
      expect(this).toBe(ctx);
      held.push(promise);
    },
  };
  waitUntil([{ KV: {} }, null, undefined, 'text', ctx], Promise.reject(new Error('failed')));
  expect(held).toHaveLength(1);
  await expect(held[0]).resolves.toBeUndefined();
});

test('a platform without waitUntil causes no error', async () => {
  waitUntil([], Promise.resolve());
  waitUntil([null, {}, 1], Promise.resolve());
});
