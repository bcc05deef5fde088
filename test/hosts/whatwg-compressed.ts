import process from 'node:process';
import { createServerAdapter, useContentEncoding } from '@whatwg-node/server';
import { listen } from './listen.ts';
import { serveApp } from './serve-app.ts';

const compression = useContentEncoding<object>();

const plugin: typeof compression = {
  ...compression,
  // The plugin would compress every response, also one with a content-encoding. A compressor holds parts back.
  onResponse(payload) {
    if (!payload.response.headers.has('content-encoding')) return compression.onResponse?.(payload);
  },
};

const isGlobal = process.env.RESPONSE === 'global';

await serveApp((handler) =>
  listen(
    createServerAdapter<object>(
      isGlobal ? (request, ...platform) => handler(request, ...platform, globalThis) : handler,
      { plugins: [plugin] },
    ),
  ),
);
