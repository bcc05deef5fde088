import { createServer } from 'node:http';
import process from 'node:process';
import { createServerAdapter, useContentEncoding } from '@whatwg-node/server';
import { createApp } from '../app.ts';
import { listen } from './listen.ts';

const { onResponse, ...plugin } = useContentEncoding();
const compression: typeof plugin & { onResponse: typeof onResponse } = {
  ...plugin,
  // It compresses whatever it is not kept from, and a compressor holds parts back.
  onResponse: (payload) =>
    payload.response.headers.get('content-encoding') === null ? onResponse?.(payload) : undefined,
};
// The class that the answers are built with: the runtime's, or the adapter's own.
const options = process.env.RESPONSE === 'global' ? { fetchAPI: globalThis } : {};
listen(createServer(createServerAdapter(createApp(options), { plugins: [compression] })));
