import { FastResponse, serve } from 'srvx/node';
import { createFetchHandler } from '../../src/index.ts';
import { toRequest } from '../../src/node.ts';
import { startApollo } from '../app.ts';

const handler = createFetchHandler(await startApollo());

serve({
  fetch(request) {
    const { req, res } = request.runtime?.node ?? {};
    return handler(req && res ? toRequest(req, res) : request, { Response: FastResponse });
  },
  port: 0,
  hostname: '127.0.0.1',
});
