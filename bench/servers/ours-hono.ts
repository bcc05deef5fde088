import { serve } from '@hono/node-server';
import { createFetchHandler } from '../../src/index.ts';
import { startApollo } from '../app.ts';

const handler = createFetchHandler(await startApollo());
serve({ fetch: (request) => handler(request), port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`);
});
