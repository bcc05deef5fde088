import { expect } from 'vitest';
import { at, type Client, type Family, fresh } from '../case.ts';

const rule = "Apollo's integration guide: serverless integrations start in the background";

export const start: Family = {
  name: 'start',
  cases: [
    {
      name: 'a failed start gets 500, and the client is not told its cause',
      rule,
      async run({ get, post }) {
        const to = fresh('failed-start');
        for (const response of [
          await post({ query: '{ hello }' }, { to }),
          await get({ query: '{ hello }' }, { to }),
          await post('{', { to }),
        ]) {
          expect(response.status).toBe(500);
          expect(response.header('content-type')).toBe('application/json; charset=utf-8');
          expect(response.text).not.toContain('hunter2');
          expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('INTERNAL_SERVER_ERROR');
        }
      },
    },
    {
      name: 'a factory is called again after a start that failed',
      rule: 'createFetchHandler(factory)',
      async run({ post }) {
        const to = fresh('flaky-start');
        expect((await post({ query: '{ hello }' }, { to })).status).toBe(500);
        expect((await post({ query: '{ hello }' }, { to })).status).toBe(200);
        expect((await post({ query: '{ starts }' }, { to })).json).toEqual({ data: { starts: 1 } });
      },
    },
    {
      name: '300 first requests at once start the server once',
      rule,
      async run({ post }) {
        const to = fresh('slow-start');
        const burst = Array.from({ length: 300 }, () => post({ query: '{ starts }' }, { to }));
        for (const response of await Promise.all(burst)) {
          expect(response.status).toBe(200);
          expect(response.text).toBe('{"data":{"starts":1}}\n');
        }
      },
    },
    {
      name: 'a first request that is reset while the server starts harms nobody',
      rule: 'A start outlives the request that began it',
      wire: true,
      async run({ post, open, send }: Client) {
        const to = fresh('slow-start');
        const socket = await open(
          `GET ${to}?query={hello} HTTP/1.1\r\nhost: localhost\r\napollo-require-preflight: 1\r\n\r\n`,
        );
        const called = to.replace('slow-start', 'has-been-called');
        await expect
          .poll(async () => (await send({ target: called })).json, { interval: 10, timeout: 10_000 })
          .toBe(true);
        socket.resetAndDestroy();
        const response = await post({ query: '{ starts }' }, { to });
        expect(response.status).toBe(200);
        expect(response.text).toBe('{"data":{"starts":1}}\n');
      },
    },
  ],
};
