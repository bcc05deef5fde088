import { FastResponse } from 'srvx/node';
import { toRequest } from '../../src/node.ts';
import { listenWithSrvx } from './listen-srvx.ts';
import { serveApp } from './serve-app.ts';

await serveApp((handler) =>
  listenWithSrvx((request) => {
    const { req, res } = request.runtime?.node ?? {};
    return handler(req && res ? toRequest(req, res) : request, { Response: FastResponse });
  }),
);
