import { HeaderMap } from '@apollo/server';
import { expect, test } from 'vitest';
import { Exchange } from '../../src/core/exchange.ts';
import { ApolloRequest } from '../../src/core/request.ts';

const convert = (request: Request) => new ApolloRequest(request, new Exchange(request), false);

/** A request as a bridge may make it. Its URL need not be valid. */
function requestWith(members: { readonly url?: string; readonly method?: string }): Request {
  return Object.defineProperties(
    new Request('http://a.test/'),
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value }])),
  );
}

test.each([
  ['http://a.test', ''],
  ['http://a.test/', ''],
  ['http://a.test/?', '?'],
  ['http://a.test/?query={a}', '?query={a}'],
  ['http://a.test/a%3Fb?c', '?c'],
  ['http://a.test/?query={a(b:"?")}', '?query={a(b:"?")}'],
  ['http://a.test/?query=%7Ba%7D&query=b', '?query=%7Ba%7D&query=b'],
  ['http://a.test/?a#b', '?a'],
  ['http://a.test/#b?c', ''],
  ['http://http://b.test/?a', '?a'],
  ['http://a test:99999999/?a', '?a'],
  ['/?a', '?a'],
  ['', ''],
])('takes the search of %j as it is', (url, search) => {
  expect(convert(requestWith({ url })).search).toBe(search);
});

test.each(['get', 'post', 'Post', 'GET', 'propfind'])('upper-cases the method %s', (method) => {
  expect(convert(requestWith({ method })).method).toBe(method.toUpperCase());
});

// GHSA-9q82-xgwf-vj6h: Apollo refuses a GET by its content-type, so it has to see what the client sent.
test.each(['GET', 'POST'])('hands every header of a %s on untouched', (method) => {
  const sent = {
    'content-type': 'text/plain; charset="x" ; a=b',
    'x-apollo-operation-name': '',
    'apollo-require-preflight': ' 1 ',
    accept: 'multipart/mixed;deferSpec=20220824, application/json;q=0.5',
    __proto__x: 'y',
  };
  const { headers } = convert(new Request('http://a.test/', { method, headers: sent }));
  expect(headers).toBeInstanceOf(HeaderMap);
  expect(Object.fromEntries(headers)).toEqual({ ...sent, 'apollo-require-preflight': '1' });
});

test('joins a header that was sent twice', () => {
  const request = new Request('http://a.test/');
  request.headers.append('content-type', 'application/json');
  request.headers.append('Content-Type', 'text/plain');
  expect(convert(request).headers.get('content-type')).toBe('application/json, text/plain');
});

test('leaves the body unread', () => {
  const request = new Request('http://a.test/', { method: 'POST', body: '{}' });
  expect(convert(request).body).toBeUndefined();
  expect(request.bodyUsed).toBe(false);
});
