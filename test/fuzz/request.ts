import { randomMultipart } from './multipart.ts';
import type { Random } from './random.ts';

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

export function randomRequest(random: Random): FuzzRequest {
  const method = random.chance(0.95) ? random.pick(['POST', 'POST', 'GET']) : random.pick(otherMethods);
  const headers = randomHeaders(random);
  if (method === 'GET' || method === 'HEAD') {
    return { method, target: `/${randomSearch(random)}`, headers, body: undefined, endsEarly: false };
  }
  const target = random.chance(0.1) ? `/${randomSearch(random)}` : '/';
  const endsEarly = random.chance(0.02);
  if (random.chance(0.3)) {
    const { type, body } = randomMultipart(random);
    const multipart = {
      ...headers,
      'content-type': type,
      ...(random.chance(0.9) && { 'apollo-require-preflight': '1' }),
    };
    return { method, target, headers: multipart, body: cutOften(random, body), endsEarly };
  }
  return { method, target, headers, body: cut(random, randomBody(random)), endsEarly };
}

const otherMethods = ['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

function randomHeaders(random: Random): Record<string, string> {
  return {
    ...(random.chance(0.97) ? { 'content-type': random.chance(0.9) ? 'application/json' : mediaType(random) } : {}),
    ...(random.chance(0.3) ? { accept: random.chance(0.8) ? random.pick(accepts) : mediaType(random) } : {}),
    ...(random.chance(0.6) ? { 'apollo-require-preflight': random.pick(['1', 'true', ' ', '']) } : {}),
    ...(random.chance(0.03)
      ? { 'content-encoding': random.pick(['gzip', 'identity', 'br', '', 'identity,gzip']) }
      : {}),
    ...(random.chance(0.05) ? { 'x-apollo-operation-name': headerText(random, 20) } : {}),
    ...(random.chance(0.05) ? { origin: random.pick(['null', 'https://a.test', headerText(random, 20)]) } : {}),
    ...(random.chance(0.05) ? { [random.pick(['constructor', 'x-a', '~', 'cookie'])]: headerText(random, 200) } : {}),
  };
}

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

function mediaType(random: Random): string {
  const type = random.pick(mediaTypes);
  if (random.chance(0.7)) return type;
  const at = random.below(type.length);
  return (type.slice(0, at) + headerText(random, 3) + type.slice(at + random.below(3))).trim();
}

/** Returns random text of the characters that a header can hold on every host. */
export function headerText(random: Random, length: number): string {
  return String.fromCharCode(...random.times(1 + random.below(length), () => 0x20 + random.below(0x5f))).trim();
}

const validQueries = [
  '{hello}',
  'query Q{hello}',
  'query Q($v:JSON){echo(value:$v)}',
  '{__typename ...@defer{hello self{hello}}}',
  '{self{self{self{hello}}}}',
  '{__type(name:"Query"){fields{name}}}',
] as const;

const queries = [
  'query Q{hello} query R{__typename}',
  'query Q($v:JSON!){echo(value:$v)}',
  '{__schema{types{name fields{name}}}}',
  '{hello @skip(if:"x")}',
  '{nothing}',
  'mutation{hello}',
  'subscription{hello}',
  'fragment F on Query{...G} fragment G on Query{...F} {...F}',
  '{a:hello a:self{hello}}',
  '{echo(value:{__proto__:{polluted:1}})}',
  '{echo(value:1e999)}',
  '"""',
  '#',
  '{',
  '',
] as const;

function randomQuery(random: Random): string {
  if (random.chance(0.02)) return `${'{self'.repeat(random.below(300))}{hello}${'}'.repeat(random.below(300))}`;
  if (random.chance(0.02)) return `{${random.times(random.below(200), () => `a${random.below(99)}:hello `).join('')}}`;
  if (random.chance(0.02)) return text(random, 100);
  const query = random.chance(0.7) ? random.pick(validQueries) : random.pick(queries);
  if (random.chance(0.8)) return query;
  const at = random.below(query.length + 1);
  return query.slice(0, at) + text(random, 4) + query.slice(at + random.below(3));
}

function text(random: Random, length: number): string {
  const character = () => random.pick([0x20 + random.below(0x5f), random.below(0x20), random.below(0x10000), 0x1f680]);
  return String.fromCodePoint(...random.times(random.below(length), character));
}

/** Returns a random JSON value. Some of its keys have a meaning in a GraphQL request or in JavaScript. */
export function value(random: Random, depth = 0): unknown {
  const choice = random.below(depth < 4 ? 10 : 7);
  if (choice < 7) {
    return [null, true, random.below(9), -1e300 * random.next(), text(random, 10), '', '{hello}'][choice];
  }
  if (choice === 7) return random.times(random.below(5), () => value(random, depth + 1));
  return Object.fromEntries(random.times(random.below(5), () => [random.pick(keys), value(random, depth + 1)]));
}

const keys = ['v', 'a', '__proto__', 'constructor', 'prototype', 'toString', 'query', 'length', 'then', ''] as const;

export function randomOperation(random: Random): unknown {
  if (random.chance(0.03)) return value(random);
  return {
    ...(random.chance(0.95) ? { query: random.chance(0.97) ? randomQuery(random) : value(random) } : {}),
    ...(random.chance(0.3) ? { variables: random.chance(0.7) ? { v: value(random) } : value(random) } : {}),
    ...(random.chance(0.1) ? { operationName: random.chance(0.7) ? random.pick(['Q', 'R', 'S']) : value(random) } : {}),
    ...(random.chance(0.1) ? { extensions: random.chance(0.5) ? persistedQuery(random) : value(random) } : {}),
    ...(random.chance(0.05) ? { [random.pick(keys)]: value(random) } : {}),
  };
}

/**
 * Returns the extension of a persisted query. The hash is never an object, because Apollo Server 5.5 responds with 500
 * to an object whose `toString` is not a function.
 */
function persistedQuery(random: Random): unknown {
  const sha256Hash = random.pick([random.below(99).toString(16).padStart(64, '0'), text(random, 70), null, 1, true]);
  return { persistedQuery: { version: random.chance(0.8) ? 1 : value(random), sha256Hash } };
}

/** Returns a batch without `@defer`. Apollo Server 5.5 responds with 500 to incremental delivery in a batch. */
function randomBatch(random: Random): unknown[] {
  return random
    .times(random.below(14), () => randomOperation(random))
    .filter((operation) => !JSON.stringify(operation).includes('@defer'));
}

function randomBody(random: Random): Uint8Array {
  if (random.chance(0.02)) return Uint8Array.from(random.times(random.below(200), () => random.below(256)));
  if (random.chance(0.002)) return new Uint8Array(random.below(150_000)).fill(0x20);
  if (random.chance(0.005)) return encode(nested(random));
  const json = JSON.stringify(random.chance(0.1) ? randomBatch(random) : randomOperation(random));
  const bytes = encode(random.chance(0.05) ? `\uFEFF${json}` : json);
  return random.chance(0.15) ? mutate(random, bytes) : bytes;
}

/** Returns a request with up to ten thousand nested levels in a variable. */
function nested(random: Random): string {
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  const levels = random.below(10_000);
  return `{"query":"query Q($v:[[Int]]){hello}","variables":{"v":${open.repeat(levels)}1${close.repeat(levels)}}}`;
}

export function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  return random.pick([
    () => before,
    () => Uint8Array.of(...before, random.below(256), ...after),
    () => Uint8Array.of(...before, ...after.subarray(1 + random.below(4))),
    () => Uint8Array.of(...before, random.below(256), ...after.subarray(1)),
    () => Uint8Array.of(...bytes, ...after),
  ])();
}

function cut(random: Random, bytes: Uint8Array): Uint8Array[] {
  if (random.chance(0.8)) return [bytes];
  const at = random.below(bytes.length + 1);
  return [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0);
}

/** Cuts the bytes into up to a dozen pieces. */
function cutOften(random: Random, bytes: Uint8Array): Uint8Array[] {
  const cuts = random.times(random.below(12), () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((at, index) => bytes.subarray(at, cuts[index])).filter(({ length }) => length > 0);
}

function randomSearch(random: Random): string {
  if (random.chance(0.05)) return '';
  const operation = Object.entries(Object(randomOperation(random)));
  const parameters = operation.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${encodeURIComponent(name)}=${encodeURIComponent((text ?? '').toWellFormed())}`;
  });
  if (random.chance(0.05)) parameters.push(...parameters);
  const search = `?${parameters.join('&')}`;
  if (random.chance(0.8)) return search;
  const at = random.below(search.length + 1);
  return search.slice(0, at) + random.pick(['%', '%0', '%ff', '?', '&', '=', '&&', '+', '#', '%00']) + search.slice(at);
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
