import type { Gap } from './host.ts';

const conformance = (reason: string, ...cases: string[]): Gap => ({ suite: 'conformance', reason, cases });

export const readsBodyTwice = conformance(
  '@whatwg-node/server lets a body be read twice, so the request is answered',
  'a body that was read before the handler saw it is the server’s fault',
);

export const writesHeadersAsUTF8 = conformance(
  'header values go over the wire as UTF-8, not as Latin-1',
  'a plugin’s header in Latin-1 is sent',
);

export const compressionGaps: readonly Gap[] = [
  readsBodyTwice,
  writesHeadersAsUTF8,
  conformance(
    'with a plugin, @whatwg-node/server parses the URL before the handler runs, and sends the stack trace of its failure',
    'a target in absolute form',
    'a POST to a target in absolute form',
    'Host: a b',
    'Host: example.com:99999',
    'Host: [::1',
    'Host: %',
    'Host: <script>',
    'a server is not harmed by an odd Host',
  ),
  conformance(
    'useContentEncoding() refuses a coding in upper case',
    'a body with content-encoding IDENTITY is answered 200',
  ),
];

export const sendsAnyHeader = conformance(
  'workerd sends any header value, as UTF-8',
  'a plugin’s header outside Latin-1 is answered 500',
);

export const wranglerGaps: readonly Gap[] = [
  writesHeadersAsUTF8,
  sendsAnyHeader,
  conformance(
    'wrangler’s proxy answers 500 in plain text to a Host that makes no URL; the Worker never sees the request',
    'Host: a b',
    'Host: example.com:99999',
    'Host: [::1',
    'Host: %',
    'Host: <script>',
    'a Host cannot replace the query: a/graphql?query={echo(text:"forged")}&x=',
    'a Host cannot replace the query: a\\\\graphql?query={echo(text:"forged")}&x=',
  ),
];

export const nextGaps: readonly Gap[] = [
  writesHeadersAsUTF8,
  conformance(
    'Next.js itself answers the methods that a route does not export, and leaves out Allow',
    'PUT is not allowed',
    'PATCH is not allowed',
    'DELETE is not allowed',
  ),
  conformance(
    'Next.js takes the two slashes of an absolute target for a mistake in a path, and redirects',
    'a target in absolute form',
    'a POST to a target in absolute form',
  ),
  conformance(
    'Next.js drops the content-length of a route handler’s response, and sends it in chunks',
    'a short response has a content-length',
    'a response outside ASCII has a content-length',
    'a response of 100,000 bytes has a content-length',
    'an error has a content-length',
  ),
];

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
