import { createServer } from 'node:http';
import process from 'node:process';
import { Response } from '@whatwg-node/fetch';
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
// The class that the answers are built with: the adapter's own, or the runtime's.
const fetchAPI = process.env.RESPONSE === 'global' ? globalThis : { Response };
listen(createServer(createServerAdapter(createApp({ fetchAPI }), { plugins: [compression] })));
