/** Cases that some targets do not pass. */
export interface Gap {
  /** The targets, by their names. */
  readonly on: RegExp;
  readonly cases: readonly string[];
  readonly reason: string;
}

/** The only place where an expectation gives way; an entry that passes after all fails the suite. */
export const gaps: readonly Gap[] = [
  {
    on: /@whatwg-node\/server/,
    cases: ['a body that was read before the handler saw it is the server’s fault'],
    reason: '@whatwg-node/server lets a body be read twice, so the request is answered',
  },
  {
    on: /@whatwg-node\/server$|hono|^workerd|^wrangler|^Next.js$/,
    cases: ['a plugin’s header in Latin-1 is sent'],
    reason: 'header values go over the wire as UTF-8, not as Latin-1',
  },
  {
    on: /^workerd|^wrangler/,
    cases: ['a plugin’s header outside Latin-1 is answered 500'],
    reason: 'workerd sends any header value, as UTF-8',
  },
  {
    on: /^wrangler dev$/,
    cases: ['Host: a b', 'Host: example.com:99999', 'Host: [::1', 'Host: %', 'Host: <script>'],
    reason: 'wrangler’s proxy answers 500 in plain text to a Host that makes no URL; the Worker never sees the request',
  },
  {
    on: /^Next.js$/,
    cases: ['PUT is not allowed', 'PATCH is not allowed', 'DELETE is not allowed'],
    reason: 'Next.js itself answers the methods that a route does not export, and leaves out Allow',
  },
  {
    on: /^Next.js$/,
    cases: ['a target in absolute form', 'a POST to a target in absolute form'],
    reason: 'Next.js takes the two slashes of an absolute target for a mistake in a path, and redirects',
  },
  {
    on: /^Next.js$/,
    cases: [
      'a short answer has a content-length',
      'an answer outside ASCII has a content-length',
      'an answer of 100,000 bytes has a content-length',
      'an error has a content-length',
    ],
    reason: 'Next.js drops the content-length of a route handler’s answer, and sends it in chunks',
  },
];
