import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createFetchHandler } from '../../src/index.ts';
import { startApollo } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(getRequestListener(createFetchHandler(await startApollo()))));
