import { expect } from 'vitest';
import { at, type Client, type Family, fresh } from '../case.ts';

const rule = "Apollo's integration guide: serverless integrations start in the background";

export const start: Family = {
  name: 'start',
  cases: [
    {
      name: 'a failed start is answered 500, its cause unsaid',
      rule,
      async run({ get, post }) {
        const to = fresh('failed-start');
        for (const answer of [
          await post({ query: '{ hello }' }, { to }),
          await get({ query: '{ hello }' }, { to }),
          await post('{', { to }),
        ]) {
          expect(answer.status).toBe(500);
          expect(answer.header('content-type')).toBe('application/json; charset=utf-8');
          expect(answer.text).not.toContain('hunter2');
          expect(at(answer.json, 'errors', 0, 'extensions', 'code')).toBe('INTERNAL_SERVER_ERROR');
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
        for (const answer of await Promise.all(burst)) {
          expect(answer.status).toBe(200);
          expect(answer.text).toBe('{"data":{"starts":1}}\n');
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
        const answer = await post({ query: '{ starts }' }, { to });
        expect(answer.status).toBe(200);
        expect(answer.text).toBe('{"data":{"starts":1}}\n');
      },
    },
  ],
};
