import { expect } from 'vitest';
import { documents } from '../../apps/trusted.ts';
import { at, type Case, type Client, type Family, fresh, preflighted } from '../case.ts';
import type { Message, ReceivedResponse } from '../http.ts';

const appendix = 'GraphQL over HTTP, proposed appendix: persisted documents';
const router = 'Apollo Router: safelisting with persisted queries';

const [[hash = '', hello = ''] = []] = Object.entries(documents);
const hashed = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
const developer = { 'x-developer': 'yes' };

const executed = (name: string, rule: string, ask: (client: Client) => Promise<ReceivedResponse>): Case => ({
  name: `${name} is executed`,
  rule,
  async run(client) {
    const response = await ask(client);
    expect([response.status, response.text]).toEqual([200, '{"data":{"hello":"world"}}\n']);
  },
});

/** A request that is refused, and for which no context is made. */
const refused = (
  name: string,
  code: string,
  ask: (client: Client, to: string) => Promise<ReceivedResponse>,
  rule = router,
): Case => ({
  name: `${name} is refused`,
  rule,
  async run(client) {
    const to = fresh('trusted');
    const response = await ask(client, to);
    expect(response.status).toBe(400);
    expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe(code);
    const { json } = await client.post({ query: '{ contexts }' }, { to, headers: developer });
    expect(json).toEqual({ data: { contexts: 1 } });
  },
});

const byQuery = (body: object, target: string): Message => ({
  method: 'QUERY',
  target,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const to = '/trusted';
const events = 'event: next\ndata: {"data":{"ticks":1}}\n\nevent: complete\ndata:\n\n';

export const trusted: Family = {
  name: 'trusted documents',
  cases: [
    executed('a documentId by POST', appendix, ({ post }) => post({ documentId: hash }, { to })),
    executed('a documentId by QUERY', appendix, ({ send }) => send(byQuery({ documentId: hash }, to))),
    executed('a documentId by GET', appendix, ({ get }) => get({ documentId: `sha256:${hash}` }, { to })),
    executed('the hash of a document by POST', router, ({ post }) => post({ extensions: hashed(hash) }, { to })),
    executed('the hash of a document by GET', router, ({ get }) =>
      get({ extensions: JSON.stringify(hashed(hash)) }, { to }),
    ),
    executed('the text of a document', router, ({ post }) => post({ query: hello }, { to })),
    refused('an unknown documentId', 'PERSISTED_QUERY_NOT_IN_LIST', ({ get }, to) => get({ documentId: 'x' }, { to })),
    refused('an unknown hash with its text', 'PERSISTED_QUERY_NOT_IN_LIST', ({ post }, to) =>
      post({ extensions: hashed('x'), query: '{ hello }' }, { to }),
    ),
    refused('an unknown text by POST', 'QUERY_NOT_IN_SAFELIST', ({ post }, to) => post({ query: '{ hello }' }, { to })),
    refused('an unknown text by QUERY', 'QUERY_NOT_IN_SAFELIST', ({ send }, to) =>
      send(byQuery({ query: '{ hello }' }, to)),
    ),
    refused('an unknown text by GET', 'QUERY_NOT_IN_SAFELIST', ({ send }, to) =>
      send({ target: `${to}?%71uery={hello}`, headers: preflighted }),
    ),
    refused('a documentId with another text', 'CANNOT_SEND_PQ_ID_AND_BODY', ({ post }, to) =>
      post({ documentId: hash, query: '{ hello }' }, { to }),
    ),
    refused('a batch with an unknown text', 'QUERY_NOT_IN_SAFELIST', ({ post }, to) =>
      post([{ documentId: hash }, { query: '{ hello }' }], { to }),
    ),
    refused('a documentId that is a list', 'BAD_REQUEST', ({ post }, to) => post({ documentId: [hash] }, { to })),
    {
      name: 'a document that is a mutation is not executed by QUERY',
      rule: 'GraphQL over HTTP, proposed: QUERY',
      async run({ send }) {
        expect((await send(byQuery({ documentId: 'upload' }, to))).status).toBe(422);
      },
    },
    {
      name: 'each operation of a batch may have an id',
      rule: appendix,
      async run({ post }) {
        const echo = { documentId: 'echo', variables: { text: 'é' } };
        const response = await post([{ documentId: hash }, echo], { to });
        expect(response.json).toEqual([{ data: { hello: 'world' } }, { data: { echo: 'é' } }]);
      },
    },
    {
      name: 'variables come with an id by GET',
      rule: appendix,
      async run({ get }) {
        const response = await get({ documentId: 'echo', variables: '{"text":"é&+="}' }, { to });
        expect(response.json).toEqual({ data: { echo: 'é&+=' } });
      },
    },
    {
      name: 'a subscription may have an id, by POST and by GET',
      rule: appendix,
      async run({ get, post }) {
        const headers = { accept: 'text/event-stream' };
        for (const response of [
          await post({ documentId: 'ticks' }, { to, headers }),
          await get({ documentId: 'ticks' }, { to, headers }),
        ]) {
          expect([response.status, response.text]).toEqual([200, expect.stringContaining(events)]);
        }
      },
    },
    {
      name: 'an upload may have an id',
      rule: appendix,
      async run({ send }) {
        const parts = [
          ['name="operations"', '{"documentId":"upload","variables":{"file":null}}'],
          ['name="map"', '{"0":["variables.file"]}'],
          ['name="0"; filename="a.txt"', 'content'],
        ];
        const body = parts.map(([name, value]) => `--x\r\ncontent-disposition: form-data; ${name}\r\n\r\n${value}\r\n`);
        const headers = { ...preflighted, 'content-type': 'multipart/form-data; boundary=x' };
        const response = await send({ method: 'POST', target: to, headers, body: `${body.join('')}--x--\r\n` });
        expect([response.status, response.json]).toEqual([200, { data: { upload: 'content' } }]);
      },
    },
    {
      name: 'no cache may keep what a developer is allowed to send',
      rule: 'RFC 9111 section 5.2.2.5',
      async run({ get }) {
        const trusted = await get({ documentId: hash }, { to });
        expect([trusted.status, trusted.header('cache-control')]).toEqual([200, 'max-age=60, public']);
        const allowed = await get({ query: '{ hello }' }, { to, headers: developer });
        expect([allowed.status, allowed.header('cache-control')]).toEqual([200, 'no-store']);
      },
    },
  ],
};
