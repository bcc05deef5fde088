import { expect } from 'vitest';
import { type Case, type Client, direct, type Family } from '../case.ts';

const rule = "Apollo's integration guide: the context function";

async function seen(query: Promise<{ json: unknown }>): Promise<unknown> {
  const { json } = await query;
  const { data } = json as { data: { seen: string } };
  return JSON.parse(data.seen);
}

function throwing(
  name: string,
  contextThrows: 'error' | 'graphql-error' | 'string' | 'synchronously',
  status: number,
  error: object,
): Case {
  return {
    name: `a context function that throws ${name} gets ${status}`,
    rule,
    async run({ get, post }: Client) {
      const headers = direct({ contextThrows });
      for (const response of [
        await post({ query: '{ hello }' }, { headers }),
        await get({ query: '{ hello }' }, { headers }),
      ]) {
        expect(response.status).toBe(status);
        expect(response.header('content-type')).toBe('application/json; charset=utf-8');
        expect(response.json).toEqual({ errors: [error] });
      }
    },
  };
}

const internal = { code: 'INTERNAL_SERVER_ERROR' };

export const context: Family = {
  name: 'context',
  cases: [
    {
      name: 'a POST is seen with its headers and its parsed body',
      rule,
      async run({ post }) {
        const body = { query: '{ seen }', variables: { a: 1 } };
        const saw = await seen(post(body, { headers: { 'x-seen': 'header' } }));
        expect(saw).toMatchObject({ method: 'POST', body, header: 'header', aborted: false });
      },
    },
    {
      name: 'a header outside ASCII is seen as the bytes that its client sent',
      rule: 'Fetch: a header value is a byte sequence',
      async run({ post }) {
        const header = Buffer.from('Łódź').toString('latin1');
        expect(await seen(post({ query: '{ seen }' }, { headers: { 'x-seen': header } }))).toMatchObject({ header });
      },
    },
    {
      name: 'a GET is seen without a body',
      rule,
      async run({ get }) {
        const saw = await seen(get({ query: '{ seen }' }));
        expect(saw).toMatchObject({ method: 'GET', header: null, aborted: false });
        expect(saw).not.toHaveProperty('body');
      },
    },
    {
      name: 'what the platform passes after the request is passed on',
      rule: 'createFetchHandler: platform arguments',
      async run({ post, platform }) {
        const saw = await seen(post({ query: '{ seen }' }));
        expect(saw).toHaveProperty('platform', platform === undefined ? [] : expect.arrayContaining([platform]));
      },
    },
    throwing('an error', 'error', 500, {
      message: 'Context creation failed: thrown by context',
      extensions: internal,
    }),
    throwing('a GraphQLError', 'graphql-error', 401, {
      message: 'Who are you?',
      extensions: { code: 'UNAUTHENTICATED' },
    }),
    throwing('synchronously', 'synchronously', 500, {
      message: 'Context creation failed: thrown synchronously',
      extensions: internal,
    }),
    throwing('a string', 'string', 500, {
      message: 'Unexpected error value: a string',
      extensions: internal,
    }),
    {
      name: 'the context function does not run for a body that is refused',
      rule: 'A refused body costs nothing more',
      async run({ post }) {
        const response = await post('{', { headers: direct({ contextThrows: 'error' }) });
        expect(response.status).toBe(400);
        expect(response.text).not.toContain('Context creation failed');
      },
    },
    {
      name: 'responseHeaders set before the context function throws are sent',
      rule: 'responseHeaders',
      async run({ post }) {
        const headers = direct({ contextThrows: 'graphql-error', responseHeaders: [['www-authenticate', 'Basic']] });
        const response = await post({ query: '{ hello }' }, { headers });
        expect(response.status).toBe(401);
        expect(response.header('www-authenticate')).toBe('Basic');
      },
    },
  ],
};
