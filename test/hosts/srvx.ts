import { listenWithSrvx } from './listen-srvx.ts';
import { serveApp } from './serve-app.ts';

// srvx passes only the request.
await serveApp((handler) => listenWithSrvx((request) => handler(request)));
