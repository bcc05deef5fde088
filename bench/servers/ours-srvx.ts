import { FastResponse, serve } from 'srvx/node';
import { createFetchHandler } from '../../src/index.ts';
import { startApollo } from '../app.ts';

const handler = createFetchHandler(await startApollo());
serve({ fetch: (request) => handler(request, { Response: FastResponse }), port: 0, hostname: '127.0.0.1' });
