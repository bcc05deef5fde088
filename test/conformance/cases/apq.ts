import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { at, type Family, fresh } from '../case.ts';

const query = '{ hello(name: "APQ") }';
const data = '{"data":{"hello":"Hello, APQ!"}}\n';
const rule = 'Apollo: automatic persisted queries';

function persistedQuery(hashed = query, version = 1): { persistedQuery: { version: number; sha256Hash: string } } {
  return { persistedQuery: { version, sha256Hash: createHash('sha256').update(hashed).digest('hex') } };
}

export const apq: Family = {
  name: 'automatic persisted queries',
  cases: [
    {
      name: 'an unknown hash is a miss',
      rule,
      async run({ get, post }) {
        const to = fresh('graphql');
        for (const response of [
          await get({ extensions: JSON.stringify(persistedQuery()) }, { to }),
          await post({ extensions: persistedQuery() }, { to }),
        ]) {
          expect(response.status).toBe(200);
          expect(response.text).toBe(
            '{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}\n',
          );
          expect(response.header('cache-control')).toBe('private, no-cache, must-revalidate');
        }
      },
    },
    {
      name: 'a query registered by POST is hit by POST and by GET',
      rule,
      async run({ get, post }) {
        const to = fresh('graphql');
        const extensions = persistedQuery();
        for (const response of [
          await post({ query, extensions }, { to }),
          await post({ extensions }, { to }),
          await get({ extensions: JSON.stringify(extensions) }, { to }),
        ]) {
          expect(response.status).toBe(200);
          expect(response.text).toBe(data);
        }
      },
    },
    {
      name: 'a query registered by GET is hit by GET and by POST',
      rule,
      async run({ get, post }) {
        const to = fresh('graphql');
        const extensions = JSON.stringify(persistedQuery());
        for (const response of [
          await get({ query, extensions }, { to }),
          await get({ extensions }, { to }),
          await post({ extensions: persistedQuery() }, { to }),
        ]) {
          expect(response.status).toBe(200);
          expect(response.text).toBe(data);
        }
      },
    },
    {
      name: 'a hash of another query is refused',
      rule,
      async run({ post }) {
        const response = await post({ query, extensions: persistedQuery('{ starts }') });
        expect(response.status).toBe(400);
        expect(at(response.json, 'errors', 0, 'message')).toBe('provided sha does not match query');
      },
    },
    {
      name: 'another version of the protocol is refused',
      rule,
      async run({ post }) {
        const response = await post({ query, extensions: persistedQuery(query, 2) });
        expect(response.status).toBe(400);
        expect(at(response.json, 'errors', 0, 'message')).toBe('Unsupported persisted query version');
      },
    },
    {
      name: 'a server without persisted queries says so',
      rule,
      async run({ post }) {
        const response = await post({ extensions: persistedQuery() }, { to: '/no-apq' });
        expect(response.status).toBe(200);
        expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
      },
    },
  ],
};
