import { afterAll, beforeAll, describe, expect } from 'vitest';
import { testDelivery } from './delivery.ts';
import { type Fixture, hosts, next, startFixture, wrangler } from './hosts.ts';
import { testLeaving } from './leaving.ts';

describe.each([...hosts, next, wrangler])('$name', (host) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host);
    for (const path of ['/graphql', '/cancelling']) {
      await fixture.graphql('warm-up', '{ hello }', { path, headers: { 'accept-encoding': 'identity' } }).rest();
    }
  });
  afterAll(async () => {
    const printed = await fixture.stop();
    if (host !== wrangler) expect(printed, 'nothing that happened here is worth a line').toBe('');
  });

  testDelivery(host, () => fixture);
  // The proxies of wrangler hide who has left.
  if (host !== wrangler) testLeaving(host, () => fixture);
});
