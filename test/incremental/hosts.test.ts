import { afterAll, beforeAll, expect } from 'vitest';
import { describeHosts } from '../hosts/describe-hosts.ts';
import { testDelivery } from './delivery.ts';
import { testDisconnects } from './disconnects.ts';
import { type Fixture, startFixture } from './fixture.ts';

describeHosts({ suite: 'incremental' }, (host) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host);
    for (const path of ['/graphql', '/cancelling']) await fixture.hello('warm-up', path);
  });
  afterAll(async () => {
    const printed = await fixture.stop();
    if (!host.logsRequests) expect(printed, 'nothing that happened here is worth a line').toBe('');
  });

  testDelivery(host, () => fixture);
  if (!host.hidesDisconnects) testDisconnects(host, () => fixture);
});
