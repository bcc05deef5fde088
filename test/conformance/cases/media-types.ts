import { expect } from 'vitest';
import { at, type Case, type Family } from '../case.ts';

const json = 'RFC 9110 §8.3.1: type, subtype and parameter names ignore case';

function accepted(contentType: string, rule = json): Case {
  return {
    name: `a body is read as ${contentType}`,
    rule,
    async run({ post }) {
      const response = await post({ query: '{ hello }' }, { headers: { 'content-type': contentType } });
      expect(response.status).toBe(200);
      expect(response.text).toBe('{"data":{"hello":"Hello, world!"}}\n');
    },
  };
}

/** The request has the header with which it passes CSRF prevention, so that only its type matters. */
function refused(contentType: string, status: number, rule: string): Case {
  return {
    name: `a body is not read as ${contentType || 'an empty type'}`,
    rule,
    async run({ post }) {
      const headers = { 'content-type': contentType, 'apollo-require-preflight': 'true' };
      const response = await post({ query: '{ hello }' }, { headers });
      expect(response.status).toBe(status);
      expect(response.header('content-type')).toBe('application/json; charset=utf-8');
      expect(at(response.json, 'errors', 0, 'extensions', 'code')).toBe('BAD_REQUEST');
    },
  };
}

const lookalike = 'WHATWG MIME Sniffing §4.4: the essence is application/json or it is another type';
const utf8Only = 'GraphQL over HTTP, Body: UTF-8';

export const mediaTypes: Family = {
  name: 'media types',
  cases: [
    accepted('application/json'),
    accepted('APPLICATION/JSON'),
    accepted('application/json; charset=utf-8'),
    accepted('application/json;charset=UTF-8'),
    accepted('application/json; charset="utf-8"', 'RFC 9110 §5.6.6: a parameter may be quoted'),
    accepted('Application/Json ; Charset="UTF-8"'),
    accepted('application/json; charset=utf8', 'WHATWG Encoding §4.2: a label of UTF-8'),
    accepted('application/json; profile="a;b"; version=1', 'RFC 9110 §8.3.1: unknown parameters are ignored'),
    accepted('application/json;', 'WHATWG MIME Sniffing §4.4: an empty parameter is skipped'),
    refused('application/json; charset=iso-8859-1', 415, utf8Only),
    refused('application/json; charset=utf-16', 415, utf8Only),
    refused('application/json; charset="utf-7"', 415, utf8Only),
    refused('application/jsonx', 400, lookalike),
    refused('application/json-seq', 400, lookalike),
    refused('application/json+custom', 400, lookalike),
    refused('application/graphql+json', 400, lookalike),
    refused('application/graphql-response+json', 400, lookalike),
    refused('application/vnd.api+json', 400, lookalike),
    refused('xapplication/json', 400, lookalike),
    refused('text/json', 400, lookalike),
    refused('text/plain; a=application/json', 400, lookalike),
    refused('application/graphql', 400, lookalike),
    refused('application/x-www-form-urlencoded', 400, lookalike),
    refused('multipart/form-data; boundary=x', 400, lookalike),
    refused('application/json, application/json', 400, 'RFC 9110 §8.3: content-type holds one type'),
    refused('json', 400, 'RFC 9110 §8.3.1: a type has a subtype'),
    refused('', 400, 'RFC 9110 §8.3.1: a type has a subtype'),
  ],
};
