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

await serveApp(
  (handler) => listen(createServerAdapter<object>(handler, { plugins: [plugin] })),
  process.env.RESPONSE === 'global' ? globalThis : undefined,
);
