import { expect } from 'vitest';
import { at, type Case, type Family } from '../case.ts';

const json = 'application/json; charset=utf-8';
const graphqlResponse = 'application/graphql-response+json; charset=utf-8';
const negotiation = 'RFC 9110 §12.5.1';

function negotiated(accept: string, contentType: string, rule = negotiation): Case {
  return {
    name: `Accept: ${accept || '(empty)'} gets ${contentType}`,
    rule,
    async run({ post }) {
      const response = await post({ query: '{ hello }' }, { headers: { accept } });
      expect(response.header('content-type')).toBe(contentType);
      expect(response.status).toBe(200);
      expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
    },
  };
}

function notAcceptable(accept: string): Case {
  return {
    name: `Accept: ${accept} is not acceptable`,
    rule: 'RFC 9110 §15.5.7: 406',
    async run({ post }) {
      const response = await post({ query: '{ hello }' }, { headers: { accept } });
      expect(response.status).toBe(406);
      expect(response.header('content-type')).toBe(json);
      expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('BAD_REQUEST');
    },
  };
}

/** Expects a status for a request that fails, from a client that accepts one media type. */
function failing(what: string, query: string, accept: string, status: number): Case {
  return {
    name: `${what} for ${accept} gets ${status}`,
    rule: `GraphQL over HTTP, ${accept}: status codes`,
    async run({ post }) {
      const response = await post({ query }, { headers: { accept } });
      expect(response.status).toBe(status);
      expect(response.header('content-type')).toBe(`${accept}; charset=utf-8`);
      expect(at(response.json, 'errors')).toHaveLength(1);
    },
  };
}

const types = ['application/json', 'application/graphql-response+json'] as const;

export const accept: Family = {
  name: 'content negotiation',
  cases: [
    {
      name: 'no Accept gets application/json',
      rule: 'GraphQL over HTTP, Legacy watershed',
      async run({ post }) {
        expect((await post({ query: '{ hello }' })).header('content-type')).toBe(json);
      },
    },
    negotiated('*/*', json),
    negotiated('application/*', json),
    negotiated('application/json', json),
    negotiated('APPLICATION/JSON', json, 'RFC 9110 §8.3.1: type names ignore case'),
    negotiated('application/json; charset=utf-8', json, 'GraphQL over HTTP, Accept'),
    negotiated('application/graphql-response+json', graphqlResponse, 'GraphQL over HTTP, Accept'),
    negotiated('application/graphql-response+json; charset=utf-8', graphqlResponse, 'GraphQL over HTTP, Accept'),
    negotiated('application/graphql-response+json, application/json', graphqlResponse),
    negotiated('application/json, application/graphql-response+json', json),
    negotiated(
      'application/graphql-response+json, application/json;q=0.9',
      graphqlResponse,
      'GraphQL over HTTP, Accept',
    ),
    negotiated('application/graphql-response+json;q=0.5, application/json;q=0.6', json),
    negotiated('application/json;q=0.1, application/graphql-response+json;q=0.2', graphqlResponse),
    negotiated('text/html;q=0.9, application/json;q=0.1', json),
    negotiated('application/json;q=0, */*', graphqlResponse, 'RFC 9110 §12.4.2: q=0 is not acceptable'),
    negotiated('text/html, image/png;q=0.8, */*;q=0.5', json),
    notAcceptable('text/html'),
    notAcceptable('text/plain'),
    notAcceptable('application/xml, text/*;q=0.5'),
    notAcceptable('application/jsonx'),
    notAcceptable('application/json;q=0'),
    ...types.flatMap((type) => [
      failing('a syntax error', '{ hello', type, 400),
      failing('a validation error', '{ absent }', type, 400),
      failing('an unknown operation', 'fragment A on Query { hello }', type, 400),
      failing('a field error', '{ crash }', type, 200),
    ]),
    failing('a variable of the wrong type', 'query ($n: Int!) { long(length: $n) }', types[0], 400),
    {
      name: 'an error of the transport is negotiated too',
      rule: "Apollo's integration guide: errors travel through Apollo",
      async run({ post }) {
        const response = await post('{', { headers: { accept: types[1] } });
        expect(response.status).toBe(400);
        expect(response.header('content-type')).toBe(graphqlResponse);
      },
    },
  ],
};
