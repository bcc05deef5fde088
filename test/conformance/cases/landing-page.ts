import { expect } from 'vitest';
import { at, type Case, type Family } from '../case.ts';

const rule = 'Apollo: landing page for a GET that prefers text/html';
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

function json(accept: string): Case {
  return {
    name: `Accept: ${accept} gets JSON`,
    rule,
    async run({ get }) {
      const response = await get({ query: '{ hello }' }, { headers: { accept } });
      expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
    },
  };
}

export const landingPage: Family = {
  name: 'landing page',
  cases: [
    {
      name: 'a browser gets HTML, without a header that only programs send',
      rule,
      async run({ send }) {
        const response = await send({ target: '/graphql', headers: { accept: browser } });
        expect(response.status).toBe(200);
        expect(response.header('content-type')).toBe('text/html');
        expect(response.text.trimStart()).toMatch(/^<!DOCTYPE html>/i);
        expect(response.text.trimEnd()).toMatch(/<\/html>$/);
      },
    },
    {
      name: 'a browser gets it under a query too',
      rule,
      async run({ get }) {
        const response = await get({ query: '{ hello }' }, { headers: { accept: browser } });
        expect(response.header('content-type')).toBe('text/html');
      },
    },
    {
      name: 'nothing lets a cache keep the page, whose nonce is for one use',
      rule: 'Apollo: GHSA-68jh-rf6x-836f',
      async run({ send }) {
        const nonces = new Set<string | undefined>();
        for (let visit = 1; visit <= 2; visit++) {
          const response = await send({ target: '/graphql?query={kept}', headers: { accept: browser } });
          expect(response.header('content-type')).toBe('text/html');
          expect(response.header('cache-control')).toContain('no-store');
          expect(response.header('vary')?.toLowerCase()).toContain('accept');
          nonces.add(/<script nonce="([^"]+)"/.exec(response.text)?.[1]);
          expect(nonces).not.toContain(undefined);
          expect(nonces.size).toBe(visit);
        }
      },
    },
    json('*/*'),
    json('application/json, text/html'),
    json('text/html;q=0.5, application/json'),
    {
      name: 'a POST gets no page',
      rule,
      async run({ post }) {
        const response = await post({ query: '{ hello }' }, { headers: { accept: browser } });
        expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
      },
    },
    {
      name: 'a server without a page responds to a browser as to a program',
      rule,
      async run({ send }) {
        const response = await send({ target: '/no-landing-page', headers: { accept: browser } });
        expect(response.status).toBe(400);
        expect(at(response.json, 'errors', 0, 'message')).toContain('Cross-Site Request Forgery');
      },
    },
  ],
};
