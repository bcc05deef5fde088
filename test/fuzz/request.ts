import fc, { type Arbitrary } from 'fast-check';
import { cut, encode, mutation } from './bytes.ts';
import { anyIndex, either, fields, optional } from './choice.ts';
import { multipart } from './multipart.ts';
import { isDeferred, operation } from './operation.ts';
import { edited, headerText } from './text.ts';

/** A request as any client may send it. */
export interface FuzzRequest {
  readonly method: string;
  /** The path and the query string, such as `/?query=…`. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The pieces in which the body arrives. `undefined` if there is no body. */
  readonly body: readonly Uint8Array[] | undefined;
  /** Whether the client disconnects before the end of the body. */
  readonly endsEarly: boolean;
}

const mediaTypes = [
  'application/json; charset=utf-8',
  'APPLICATION/JSON;charset="UTF-8"',
  'application/json; charset=utf-16',
  'application/json;charset=',
  'text/plain',
  'text/plain; application/json',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/graphql',
  'application/json, text/plain',
  'application/json;;;a="\\"',
  '/',
] as const;

const mediaType = edited(fc.constantFrom(...mediaTypes), 0.3, headerText(3), 2).map((type) => type.trim());

const accepts = [
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json;q=0.5, application/json;q=0.1',
  'multipart/mixed; deferSpec=20220824, application/json',
  'multipart/mixed; incrementalSpec=v0.2, application/json',
  'multipart/mixed',
  'text/event-stream',
  'text/html',
  '*/*',
  'application/json;q=0',
  '',
] as const;

const headers = fields<string>(
  {
    'content-type': optional(0.97, either(fc.constant('application/json'), 0.1, mediaType)),
    accept: optional(0.3, either(fc.constantFrom(...accepts), 0.2, mediaType)),
    'apollo-require-preflight': optional(0.6, fc.constantFrom('1', 'true', ' ', '')),
    'content-encoding': optional(0.03, fc.constantFrom('gzip', 'identity', 'br', '', 'identity,gzip')),
    'x-apollo-operation-name': optional(0.05, headerText(20)),
    origin: optional(0.05, fc.oneof(fc.constant('null'), fc.constant('https://a.test'), headerText(20))),
  },
  optional(0.05, fc.tuple(fc.constantFrom('constructor', 'x-a', '~', 'cookie'), headerText(200))),
);

const parameters = fc
  .tuple(operation, either(fc.constant(false), 0.05, fc.constant(true)))
  .map(([operation, isTwice]) => {
    const pairs = Object.entries(Object(operation)).map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${encodeURIComponent(name)}=${encodeURIComponent((text ?? '').toWellFormed())}`;
    });
    return `?${[...pairs, ...(isTwice ? pairs : [])].join('&')}`;
  });

const breaks = fc.constantFrom('%', '%0', '%ff', '?', '&', '=', '&&', '+', '#', '%00');

const search = either(fc.constant(''), 0.95, edited(parameters, 0.2, breaks, 0));

/** Mostly the path of the server that executes anything. */
const path = either(fc.constant('/'), 0.3, fc.constant('/trusted'));

/** Gives a batch without `@defer`. */
const batch = fc
  .array(operation, { maxLength: 13 })
  .map((operations) => operations.filter((operation) => !isDeferred(operation)));

const json = fc
  .tuple(either(operation, 0.1, batch), either(fc.constant(''), 0.05, fc.constant('\uFEFF')), mutation(0.15))
  .map(([body, mark, mutate]) => mutate(encode(mark + JSON.stringify(body))));

/** Gives a request with up to ten thousand nested levels in a variable. */
const nested = fc
  .tuple(fc.constantFrom(['[', ']'] as const, ['{"a":', '}'] as const), fc.nat(9999))
  .map(([[open, close], levels]) =>
    encode(`{"query":"query Q($v:[[Int]]){hello}","variables":{"v":${open.repeat(levels)}1${close.repeat(levels)}}}`),
  );

const twins = (levels: number) => {
  const fields = `${'self{'.repeat(levels)}hello${'}'.repeat(levels)}`;
  return `{${fields} ${fields}}`;
};
const chain = (levels: number) => {
  const fragments = Array.from({ length: levels }, (_, level) => `fragment F${level} on Query{...F${level + 1}}`);
  return `{...F0}${fragments.join('')}fragment F${levels} on Query{hello}`;
};

/** Gives a document that graphql-js validates with up to thousands of calls inside one another. */
const recursive = fc
  .tuple(fc.constantFrom(twins, chain), fc.nat(2999))
  .map(([toQuery, levels]) => encode(JSON.stringify({ query: toQuery(levels) })));

const body = fc.oneof(
  { withCrossShrink: true },
  { weight: 968, arbitrary: json },
  { weight: 20, arbitrary: fc.uint8Array({ maxLength: 199 }) },
  { weight: 2, arbitrary: fc.nat(149_999).map((length) => new Uint8Array(length).fill(0x20)) },
  { weight: 5, arbitrary: nested },
  { weight: 5, arbitrary: recursive },
);

interface Content {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[];
}

const single: Arbitrary<Content> = fc
  .tuple(body, cut(either(fc.constant([]), 0.2, fc.tuple(anyIndex))))
  .map(([body, cut]) => ({ headers: {}, body: cut(body) }));

const form: Arbitrary<Content> = fc
  .tuple(multipart, optional(0.9, fc.constant('1')), cut(fc.array(anyIndex, { maxLength: 11 })))
  .map(([{ type, body }, preflight, cut]) => ({
    headers: { 'content-type': type, ...(preflight && { 'apollo-require-preflight': preflight }) },
    body: cut(body),
  }));

const withoutBody: Arbitrary<FuzzRequest> = fc
  .tuple(either(fc.constant('GET'), 0.03, fc.constant('HEAD')), path, search, headers)
  .map(([method, path, search, headers]) => ({
    method,
    target: `${path}${search}`,
    headers,
    body: undefined,
    endsEarly: false,
  }));

const withBody: Arbitrary<FuzzRequest> = fc
  .tuple(
    either(
      fc.constantFrom('POST', 'POST', 'POST', 'QUERY'),
      0.06,
      fc.constantFrom('PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    ),
    path,
    either(fc.constant(''), 0.1, search),
    headers,
    either(single, 0.3, form),
    either(fc.constant(false), 0.02, fc.constant(true)),
  )
  .map(([method, path, search, headers, content, endsEarly]) => ({
    method,
    target: `${path}${search}`,
    headers: { ...headers, ...content.headers },
    body: content.body,
    endsEarly,
  }));

export const request: Arbitrary<FuzzRequest> = either(withBody, 0.327, withoutBody);
