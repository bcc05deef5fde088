import { serverAudits } from 'graphql-http';
import { expect } from 'vitest';
import type { Case, Client, Family } from '../case.ts';

/** The audits that Apollo Server fails on purpose, and the status that graphql-http reports for them. */
const expectations: Readonly<Record<string, { readonly status: 'notice' | 'warn'; readonly reason: string }>> = {
  '5A70': { status: 'notice', reason: 'CSRF prevention blocks a GET without a header that only programs send' },
  D6D5: { status: 'notice', reason: 'CSRF prevention blocks a GET without a header that only programs send' },
  '6A70': { status: 'notice', reason: 'CSRF prevention blocks a GET without a header that only programs send' },
  '572B': { status: 'warn', reason: 'Apollo Server responds with 400 to a document that does not parse' },
  FDE2: { status: 'warn', reason: 'Apollo Server responds with 400 to a document that is not valid' },
  '7B9B': { status: 'warn', reason: 'Apollo Server responds with 400 to variables of the wrong type' },
};

/** Implements the part of `fetch` that the audits need, over any transport. */
function fetchOver({ send }: Client) {
  return async (url: string, { method = 'GET', headers = {}, body }: AuditRequest = {}): Promise<Response> => {
    const { pathname, search } = new URL(url);
    const response = await send({ method, target: pathname + search, headers, body });
    return new Response(response.text, { status: response.status, headers: response.lines.map(([...line]) => line) });
  };
}

interface AuditRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Creates the audits for a client. Their ids and names are the same for all clients. */
function auditsOf(client?: Client): ReturnType<typeof serverAudits> {
  return serverAudits({ url: 'http://localhost/graphql', fetchFn: client && fetchOver(client) });
}

export const audits: Family = {
  name: 'graphql-http audits',
  cases: auditsOf().map(({ id, name }): Case => {
    const { status, reason } = expectations[id] ?? { status: 'ok' };
    return {
      name: `${id} ${name}${reason ? `: ${status}, for ${reason}` : ''}`,
      rule: `graphql-http, audit ${id}`,
      async run(client) {
        const result = await auditsOf(client)
          .find((audit) => audit.id === id)
          ?.fn();
        expect(result?.status, result && 'reason' in result ? result.reason : undefined).toBe(status);
      },
    };
  }),
};
