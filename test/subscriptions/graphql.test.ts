import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphqls } from '../hosts/bundle.ts';
import { patient } from '../hosts/describe-hosts.ts';
import { hosts } from '../hosts/hosts.ts';
import { type Fixture, protocols, Stream, startFixture } from './fixture.ts';

const combinations = hosts
  .filter(({ id }) => ['node', 'deno', 'bun', 'workerd'].includes(id))
  .flatMap((host) => graphqls.map((graphql) => ({ host, graphql, name: `${host.name}, ${graphql}` })));

describe.each(combinations)('$name', ({ host, graphql }) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host, { graphql });
  });
  afterAll(async () => {
    expect(await fixture.stop()).toBe('');
  });

  test.each(protocols)('$name: events, errors, and the end', async (protocol) => {
    const { accept, start, event, end } = protocol;
    const ticks = new Stream(fixture.call('subscription { ticks(run: "end", count: 2) }', { accept }));
    expect(await ticks.rest(protocol)).toBe(
      protocol.withoutHeartbeats(start) + event({ data: { ticks: 1 } }) + event({ data: { ticks: 2 } }) + end,
    );
    const odd = new Stream(fixture.call('subscription { odd(run: "odd") }', { accept }));
    const text = await odd.rest(protocol);
    expect(text).toContain('"message":"The first one.","locations":[{"line":1,"column":16}],"path":["odd"]');
    expect(text).toContain('{"errors":[{"message":"Internal server error"');
    expect(text).toContain(event({ data: { odd: 3 } }) + end);
    const refused = fixture.call('subscription { refused(run: "refused") }', { accept });
    expect((await refused.rest()).join('')).toContain('"message":"It cannot be opened."');
  });

  test.each(protocols)('$name: the source is closed when the client leaves', async (protocol) => {
    for (const [index, field] of ['ticks', 'silent'].entries()) {
      const run = `${protocol.name.replace(' ', '-')}-${field}`;
      const stream = new Stream(fixture.call(`subscription { ${field}(run: "${run}") }`, { accept: protocol.accept }));
      await stream.until(protocol.start + (index === 0 ? protocol.event({ data: { ticks: 1 } }) : ''), protocol);
      await expect.poll(() => fixture.journal(run), patient).toMatchObject({ opened: 1 });
      stream.call.disconnect('RST');
      await expect.poll(() => fixture.journal(run), patient).toMatchObject({ aborts: 1, closed: 1, logged: [] });
    }
  });

  test('@include at the root: 400', async () => {
    const query = 'subscription ($on: Boolean!) { silent(run: "include") @include(if: $on) }';
    const call = fixture.call(query, { accept: protocols[0]?.accept ?? '' });
    expect((await call.head()).status).toBe(400);
    expect((await call.rest()).join('')).toContain('Directive \\"@include\\" may not be used on SUBSCRIPTION.');
  });

  test('variables of the wrong type: 400', async () => {
    const call = fixture.call('subscription ($run: String!) { silent(run: $run) }', {
      accept: protocols[0]?.accept ?? '',
    });
    expect((await call.head()).status).toBe(400);
    expect((await call.rest()).join('')).toMatch(
      /"message":"Variable \\"\$run\\" (of required type|has invalid value)/,
    );
  });
});
