import { createServerAdapter } from '@whatwg-node/server';
import { listen } from './listen.ts';
import { serveApp } from './serve-app.ts';

await serveApp((handler) =>
  listen(
    createServerAdapter((request, ...platform) => handler(request, ...platform, globalThis), { fetchAPI: globalThis }),
  ),
);
