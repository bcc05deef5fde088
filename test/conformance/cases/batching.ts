import { expect } from 'vitest';
import { at, type Family } from '../case.ts';

const rule = 'Apollo: HTTP batching';
const hello = { query: '{ hello }' };

export const batching: Family = {
  name: 'batching',
  cases: [
    {
      name: 'a batch is refused unless the server allows batching',
      rule,
      async run({ post }) {
        const response = await post([hello, hello]);
        expect(response.status).toBe(400);
        expect(at(response.json, 'errors', 0, 'message')).toBe('Operation batching disabled.');
      },
    },
    {
      name: 'a batch gets its results in order',
      rule,
      async run({ post }) {
        const response = await post([hello, { query: '{ hello(name: "b") }' }], { to: '/batching' });
        expect(response.status).toBe(200);
        expect(response.header('content-type')).toBe('application/json; charset=utf-8');
        expect(response.text).toBe('[{"data":{"hello":"Hello, world!"}}\n,{"data":{"hello":"Hello, b!"}}\n]');
      },
    },
    {
      name: 'a batch of one gets a list',
      rule,
      async run({ post }) {
        const response = await post([hello], { to: '/batching' });
        expect(response.text).toBe('[{"data":{"hello":"Hello, world!"}}\n]');
      },
    },
    {
      name: 'a failing operation does not fail its neighbours',
      rule,
      async run({ post }) {
        const response = await post([hello, { query: '{ absent }' }], { to: '/batching' });
        expect(at(response.json, 0, 'data', 'hello')).toBe('Hello, world!');
        expect(at(response.json, 1, 'errors', 0, 'extensions', 'code')).toBe('GRAPHQL_VALIDATION_FAILED');
      },
    },
    {
      name: 'an empty batch is refused',
      rule,
      async run({ post }) {
        const response = await post([], { to: '/batching' });
        expect(response.status).toBe(400);
        expect(at(response.json, 'errors', 0, 'message')).toBe('No operations found in request.');
      },
    },
    {
      name: 'a batch over maxBatchSize is refused, one of that size is not',
      rule: 'maxBatchSize',
      async run({ post }) {
        expect((await post([hello, hello, hello], { to: '/batching' })).status).toBe(200);
        const response = await post([hello, hello, hello, hello], { to: '/batching' });
        expect(response.status).toBe(400);
        expect(at(response.json, 'errors', 0, 'message')).toBe('A batch may hold at most 3 operations.');
        expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('BAD_REQUEST');
      },
    },
    {
      name: 'a cache may keep a batch only if it may keep all of it',
      rule: 'Apollo: GHSA-8r69-3cvp-wxc3',
      async run({ post }) {
        const kept = { query: '{ kept }' };
        const cacheControl = async (body: unknown) => (await post(body, { to: '/batching' })).header('cache-control');
        expect(await cacheControl(kept)).toBe('max-age=60, public');
        expect(await cacheControl([kept, hello])).toBe('no-store');
        expect(await cacheControl([hello, kept])).toBe('no-store');
        expect(await cacheControl([hello])).toBe('no-store');
      },
    },
    {
      name: 'a single operation does not get a list',
      rule,
      async run({ get, post }) {
        expect((await post(hello, { to: '/batching' })).text).toBe('{"data":{"hello":"Hello, world!"}}\n');
        expect((await get(hello, { to: '/batching' })).text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
  ],
};
