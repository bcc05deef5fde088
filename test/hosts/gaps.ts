import type { Gap } from './host.ts';

const conformance = (reason: string, ...cases: string[]): Gap => ({ suite: 'conformance', reason, cases });

export const readsBodyTwice = conformance(
  '@whatwg-node/server lets a body be read twice, so the request is executed',
  'a body that was read before the handler saw it is the server’s fault',
);

export const writesHeadersAsUTF8 = conformance(
  'the host sends header values as UTF-8, not as Latin-1',
  'a plugin’s header in Latin-1 is sent',
);

export const replacesBytes = conformance(
  'a Lambda event holds a JSON body as text, in which invalid UTF-8 is already replaced',
  'bytes that are not UTF-8 are refused, not replaced',
);

export const sendsOneCookie = conformance(
  'a response can have only one Set-Cookie header',
  'several cookies are several lines',
  'an array of a plugin’s cookies is several lines',
  'a plugin’s cookie is sent beside those of responseHeaders',
);

export const keepsLastParameter = conformance(
  'without multi-value headers, a load balancer passes on only the last of several parameters with the same name',
  'two queries',
  'two operation names',
  'two sets of variables',
  'two sets of extensions',
);

export const makesURLOfHost = conformance(
  '@azure/functions throws for a Host that makes an invalid URL, and does not call the function',
  'Host: a b',
  'Host: example.com:99999',
  'Host: [::1',
  'Host: %',
  'Host: user@example.com',
  'Host: <script>',
);

export const parsesBodies: readonly Gap[] = [
  conformance(
    'the framework parses JSON before it calls the function, and responds itself to malformed JSON',
    'a lone brace is malformed JSON',
    'a trailing comma is malformed JSON',
    'an unquoted key is malformed JSON',
    'a NaN is malformed JSON',
    'a raw line feed in a string is malformed JSON',
    'a GraphQL document is malformed JSON',
    'a second value is malformed JSON',
    'white space is malformed JSON',
    'null is not a GraphQL request',
    'true is not a GraphQL request',
    '12 is not a GraphQL request',
    '"{ hello }" is not a GraphQL request',
    'formatError sees the errors of a body too',
    'an error of the transport is negotiated too',
    'a failed start gets 500, and the client is not told its cause',
  ),
  conformance(
    'the framework decodes the charset itself, and refuses charsets that it does not know',
    'a body is read as application/json; charset=utf8',
    'a body is not read as application/json; charset=iso-8859-1',
    'a body is not read as application/json; charset=utf-16',
    'the body of a QUERY has the rules of POST',
  ),
  conformance(
    'the framework inflates a body itself',
    'a body with content-encoding gzip gets 415',
    'a body with content-encoding br gets 415',
    'a body with content-encoding gzip, identity gets 415',
  ),
];

export const waitsForReaders: Gap = {
  suite: 'subscriptions-drain',
  reason: 'the host does not notice that a body has failed before its client reads again',
  cases: ['a subscription whose client does not read is cut off'],
};

export const endsBeforeItIsSent: Gap = {
  suite: 'rolling-restart',
  reason: 'the host calls `end` too early: Node’s own close cuts off a response that was ended, even if it is not sent',
  cases: ['a response to a client that reads slowly is sent to its end'],
};

export const compressionGaps: readonly Gap[] = [
  readsBodyTwice,
  writesHeadersAsUTF8,
  waitsForReaders,
  conformance(
    'with a plugin, @whatwg-node/server parses the URL before it calls the handler, and sends a stack trace if that fails',
    'a target in absolute form',
    'a POST to a target in absolute form',
    'Host: a b',
    'Host: example.com:99999',
    'Host: [::1',
    'Host: %',
    'Host: <script>',
    'a server is not harmed by an odd Host',
  ),
  conformance('useContentEncoding() refuses a coding in upper case', 'a body with content-encoding IDENTITY gets 200'),
];

export const readsHeadersAsUTF8 = conformance(
  'workerd decodes header values as UTF-8',
  'a header outside ASCII is seen as the bytes that its client sent',
);

export const wranglerGaps: readonly Gap[] = [
  {
    suite: 'compression',
    reason: 'wrangler’s proxy tells the Worker that every client accepts gzip, and compresses what the Worker does not',
    cases: [
      'a response is left alone for a client that wants none compressed',
      'a short response is left alone',
      'a client that has the compressed response already gets 304',
      'a response to HEAD is left alone',
    ],
  },
  readsHeadersAsUTF8,
  writesHeadersAsUTF8,
  conformance(
    'wrangler’s proxy responds to a Host that makes an invalid URL with 500 in plain text, and does not call the Worker',
    'Host: a b',
    'Host: example.com:99999',
    'Host: [::1',
    'Host: %',
    'Host: <script>',
    'a Host cannot replace the query: a/graphql?query={echo(text:"forged")}&x=',
    'a Host cannot replace the query: a\\\\graphql?query={echo(text:"forged")}&x=',
  ),
];

export const redirectsAbsoluteForm = conformance(
  'Next.js redirects a request with an absolute target, because it corrects the two slashes in it',
  'a target in absolute form',
  'a POST to a target in absolute form',
);

export const nextGaps: readonly Gap[] = [
  {
    suite: 'compression',
    reason: 'Next.js drops the content-encoding of the response of a route handler, and sends its compressed body',
    cases: [
      'a response is compressed once, and keeps its headers',
      'a client that has the compressed response already gets 304',
    ],
  },
  writesHeadersAsUTF8,
  conformance(
    'Next.js itself responds to methods that a route does not export, without an Allow header',
    'PUT is not allowed',
    'PATCH is not allowed',
    'DELETE is not allowed',
  ),
  conformance(
    'Next.js itself responds to QUERY with 400 and an empty body, even if a route exports it',
    'QUERY executes a query like POST',
    'QUERY does not execute a mutation',
    'a mutation by QUERY is not executed as part of a batch, nor by its hash',
    'QUERY opens a subscription',
    'the body of a QUERY has the rules of POST',
    'without the option, QUERY is not allowed',
    'QUERY gets the same statuses',
    'a documentId by QUERY is executed',
    'an unknown text by QUERY is refused',
    'a document that is a mutation is not executed by QUERY',
  ),
  redirectsAbsoluteForm,
  conformance(
    'Next.js drops the content-length of the response of a route handler, and sends the response in chunks',
    'a short response has a content-length',
    'a response outside ASCII has a content-length',
    'a response of 100,000 bytes has a content-length',
    'an error has a content-length',
  ),
];

export const refusesBrokenTypes = conformance(
  'Fastify itself responds to a malformed content type',
  'a body is not read as application/json, application/json',
  'a body is not read as json',
  'a body is not read as an empty type',
  'a POST of not a type is not blocked, and not executed either',
);

export const hapiGaps: readonly Gap[] = [
  conformance(
    'Hapi itself responds to a malformed content type',
    'a body is not read as application/json, application/json',
    'a body is not read as json',
    'a POST of not a type is not blocked, and not executed either',
  ),
  conformance(
    'Hapi adds a charset to text/html',
    'a browser gets HTML, without a header that only programs send',
    'a browser gets it under a query too',
    'nothing lets a cache keep the page, whose nonce is for one use',
  ),
];

export const needsHost = conformance(
  'Hono responds with 500 to a Host that makes an invalid URL on Bun, and does not call the handler',
  'Host: a b',
  'Host: user@example.com',
  'Host: <script>',
  'a Host cannot replace the query: a/graphql?query={echo(text:"forged")}&x=',
  'a Host cannot replace the query: a\\\\graphql?query={echo(text:"forged")}&x=',
  'a Host cannot replace the query: a/graphql#',
);

export const knowsNoAbsoluteForm = conformance(
  'Polka finds no route for a target in absolute form',
  'a target in absolute form',
  'a POST to a target in absolute form',
);

export const addsCharset: Gap = {
  suite: 'multipart',
  reason: 'Bun’s own File adds a charset to some media types',
  cases: ['a file keeps its media type'],
};

const halfSent = 'Deno’s own shutdown ends a connection on which a head is still arriving';

export const endsHalfSentRequests: readonly Gap[] = [
  {
    suite: 'drain',
    reason: halfSent,
    cases: ['a request whose head was half sent gets what is left of the grace period'],
  },
  {
    suite: 'subscriptions-drain',
    reason: halfSent,
    cases: [
      'a subscription that comes while the server stops gets the goodbye: multipart',
      'a subscription that comes while the server stops gets the goodbye: event stream',
    ],
  },
];

export const decodesLeniently: Gap = conformance(
  'express.json() replaces bytes that are not UTF-8',
  'bytes that are not UTF-8 are refused, not replaced',
);
