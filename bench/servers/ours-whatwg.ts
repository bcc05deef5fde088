import { createServer } from 'node:http';
import { Response } from '@whatwg-node/fetch';
import { createServerAdapter } from '@whatwg-node/server';
import { createFetchHandler } from '../../src/index.ts';
import { startApollo } from '../app.ts';
import { listen } from './listen.ts';

const handler = createFetchHandler(await startApollo(), { fetchAPI: { Response } });
listen(createServer(createServerAdapter(handler)));
