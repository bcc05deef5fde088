import fc, { type Arbitrary } from 'fast-check';
import { documents } from '../apps/front-door.ts';
import { either, fields, optional } from './choice.ts';
import { anyText, edited } from './text.ts';

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

const query = fc.oneof(
  { withCrossShrink: true },
  {
    weight: 94,
    arbitrary: edited(either(fc.constantFrom(...validQueries), 0.3, fc.constantFrom(...queries)), 0.2, anyText(3), 2),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(299), fc.nat(299))
      .map(([opened, closed]) => `${'{self'.repeat(opened)}{hello}${'}'.repeat(closed)}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.nat(98), { maxLength: 199 })
      .map((aliases) => `{${aliases.map((alias) => `a${alias}:hello `).join('')}}`),
  },
  { weight: 2, arbitrary: anyText(99) },
);

const keys = ['v', 'a', '__proto__', 'constructor', 'prototype', 'toString', 'query', 'length', 'then', ''] as const;

/** Gives a JSON value. Some of its keys have a meaning in a GraphQL request or in JavaScript. */
export const value: Arbitrary<unknown> = jsonOf(4);

function jsonOf(levels: number): Arbitrary<unknown> {
  const scalar = fc.oneof(
    { withCrossShrink: true },
    fc.constant(null),
    fc.constant(true),
    fc.nat(8),
    fc.double({ min: -1e300, max: 0, noNaN: true }),
    anyText(9),
    fc.constant(''),
    fc.constant('{hello}'),
  );
  if (levels === 0) return scalar;
  const item = jsonOf(levels - 1);
  const list = fc.array(item, { maxLength: 4 });
  const object = fc
    .array(fc.tuple(fc.constantFrom(...keys), item), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));
  return either(scalar, 0.3, fc.oneof({ weight: 1, arbitrary: list }, { weight: 2, arbitrary: object }));
}

const ids = [...Object.keys(documents), 'echo', 'sha256:hello', 'x', '__proto__', 'constructor', ''] as const;

/** Gives the id of a document. It may be unknown, or no id at all. */
const documentId = either(fc.constantFrom(...ids), 0.1, value);

/**
 * Gives the extension of a persisted query. The hash is never an object, because Apollo Server 5.5 responds with 500 to
 * an object whose `toString` is not a function.
 */
const persistedQuery = fc
  .tuple(
    either(fc.constant(1), 0.2, value),
    fc.oneof(
      fc.constantFrom(...ids),
      fc.nat(98).map((hash) => hash.toString(16).padStart(64, '0')),
      anyText(69),
      fc.constant(null),
      fc.constant(1),
      fc.constant(true),
    ),
  )
  .map(([version, sha256Hash]) => ({ persistedQuery: { version, sha256Hash } }));

/** Gives an operation that has an id in place of its text. */
const byId = fields<unknown>(
  {
    documentId: optional(0.6, documentId),
    extensions: optional(0.2, persistedQuery),
    query: optional(0.4, either(fc.constantFrom(...Object.values(documents)), 0.5, query)),
    variables: optional(
      0.3,
      value.map((v) => ({ v })),
    ),
  },
  fc.constant(undefined),
);

/** Gives an operation that has a text. It may be broken on purpose. */
const byText: Arbitrary<unknown> = either(
  fields<unknown>(
    {
      query: optional(0.95, either(query, 0.03, value)),
      variables: optional(
        0.3,
        either(
          value.map((v) => ({ v })),
          0.3,
          value,
        ),
      ),
      operationName: optional(0.1, either(fc.constantFrom('Q', 'R', 'S'), 0.3, value)),
      extensions: optional(0.1, either(persistedQuery, 0.5, value)),
    },
    optional(0.05, fc.tuple(fc.constantFrom(...keys), value)),
  ),
  0.03,
  value,
);

export const operation: Arbitrary<unknown> = either(byText, 0.2, byId);

/** Whether incremental delivery is asked for. Apollo Server 5.5 responds with 500 to that in a batch. */
export function isDeferred(operation: unknown): boolean {
  return JSON.stringify(operation).includes('@defer');
}
