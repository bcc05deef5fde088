import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { createRequestListener } from '../../../src/node.ts';
import { runSuite } from '../suite.ts';

const outcome = await runSuite(async (handler) => {
  const server = createServer(createRequestListener(handler)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
});
// The suite leaves a socket open where a server's `stop()` rejects, so the process would not end by itself.
process.stdout.write(JSON.stringify(outcome), () => process.exit());
