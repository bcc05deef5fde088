import { createServer } from 'node:http';
import { createServerAdapter } from '@whatwg-node/server';
import { createFetchHandler } from '../../src/index.ts';
import { startApollo } from '../app.ts';
import { listen } from './listen.ts';

const handler = createFetchHandler(await startApollo());
listen(createServer(createServerAdapter((request, ...platform) => handler(request, ...platform, globalThis))));
