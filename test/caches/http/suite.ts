import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import type { Server } from '../../../scripts/launch.ts';
import { cases } from './cases.ts';
import { Client } from './client.ts';

/** Defines the tests of the HTTP cache on one runtime, from the view of clients. */
export function describeHTTPCache(name: string, start: (directory: string) => Promise<Server>): void {
  describe(name, () => {
    let directory: string;
    let server: Server;
    let client: Client;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'http-cache-'));
      server = await start(directory);
      client = new Client(server);
    });
    afterAll(async () => {
      await server.stop();
      await rm(directory, { recursive: true });
    });
    afterEach(async () => {
      await client.setClock(0);
      await client.setFault('none');
    });

    test.each(cases)('$rule: $name', async ({ run }) => await run(client));
  });
}
