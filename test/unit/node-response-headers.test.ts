import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { cors } from '../../src/cors.ts';
import { delegateAll } from '../../src/node/delegate.ts';
import { NodeResponse } from '../../src/node/response.ts';

/** The global `Response` and the one of `./node`, made of the same values. */
function pair(headers: Record<string, string>, body: string | null = null): [Response, Response] {
  delegateAll();
  const init = { status: 200, headers };
  return [new Response(body, init), new NodeResponse(body, init) as unknown as Response];
}

const name = fc.constantFrom('X-A', 'x-a', 'vary', 'Set-Cookie', 'set-cookie', 'content-type', 'transfer-encoding');
const value = fc.constantFrom('a', 'b, c', ' padded ', '\xe9', 'd=e; Path=/', '日', 'f\ng');
const step = fc.oneof(
  fc.record({ method: fc.constantFrom('set', 'append'), args: fc.tuple(name, value) }),
  fc.record({ method: fc.constantFrom('get', 'has', 'delete'), args: fc.tuple(name) }),
  fc.record({ method: fc.constantFrom('getSetCookie', 'entries'), args: fc.constant<string[]>([]) }),
);

function call(headers: Headers, { method, args }: { method: string; args: readonly string[] }): unknown {
  try {
    const result: unknown = Reflect.apply(Reflect.get(headers, method), headers, args);
    return method === 'entries' ? [...(result as Iterable<unknown>)] : result;
  } catch (error) {
    return (error as Error).name;
  }
}

test('the headers of a response do what native ones do, whatever is called in which order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const [native, own] = pair({ 'Content-Type': 'application/json', vary: 'accept' });
      for (const each of steps) expect([each, call(own.headers, each)]).toEqual([each, call(native.headers, each)]);
      // Their native object shows the same.
      expect([...own.headers]).toEqual([...native.headers]);
      expect([...own.clone().headers]).toEqual([...native.headers]);
    }),
    { numRuns: 2000 },
  );
});

test('a change after a clone is seen by both', () => {
  const [, own] = pair({ 'x-a': '1' });
  const { headers } = own;
  own.clone();
  headers.set('x-a', '2');
  expect([own.headers.get('x-a'), own.clone().headers.get('x-a')]).toEqual(['2', '2']);
});

test('a response that wrappers read and write makes no native object', async () => {
  const [, own] = pair({ 'content-type': 'application/json', vary: 'accept' }, '{}');
  const create = vi.fn();
  const count = (original: object) =>
    new Proxy(original as typeof Response, {
      construct(target, args) {
        create();
        return Reflect.construct(target, args);
      },
    });
  for (const global of ['Headers', 'Response'] as const) vi.stubGlobal(global, count(globalThis[global]));
  try {
    const handler = cors(async () => own, { origin: ['https://a.test'], credentials: true, exposedHeaders: ['x-a'] });
    const request = { method: 'POST', headers: new Map([['origin', 'https://a.test']]) } as unknown as Request;
    const response = await handler(request);
    response.headers.append('set-cookie', 'a=1');
    response.headers.append('set-cookie', 'b=2');
    expect([response.status, response.ok, response.type, response.headers.has('x-a')]).toEqual([
      200,
      true,
      'default',
      false,
    ]);
    expect((response as unknown as NodeResponse).parts).toEqual({
      status: 200,
      statusText: '',
      headers: {
        'content-type': 'application/json',
        vary: 'accept, Origin',
        'access-control-allow-origin': 'https://a.test',
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'x-a',
        'set-cookie': ['a=1', 'b=2'],
      },
      body: '{}',
    });
    expect(create).not.toHaveBeenCalled();
  } finally {
    vi.unstubAllGlobals();
  }
});
