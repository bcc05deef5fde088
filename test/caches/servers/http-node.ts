import { createServer } from 'node:http';
import { createRequestListener } from '../../../src/node.ts';
import { withFaults } from '../faults.ts';
import { createApp } from '../http/app.ts';
import { memoryCache } from '../http/lru.ts';

const cache = withFaults(memoryCache(), () => new Response('rubbish'));
const server = createServer(createRequestListener(createApp(cache))).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});
