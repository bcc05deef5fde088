import { createSecureServer } from 'node:http2';
import { createRequestListener } from '../../src/node.ts';
import { listenOn } from './listen.ts';
import { serveApp } from './serve-app.ts';
import { serverTLS } from './tls.ts';

await serveApp((handler) =>
  listenOn(createSecureServer({ ...serverTLS, allowHTTP1: true }, createRequestListener(handler))),
);
