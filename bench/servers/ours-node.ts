import { createServer } from 'node:http';
import { createFetchHandler } from '../../src/index.ts';
import { createRequestListener } from '../../src/node.ts';
import { startApollo } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(createRequestListener(createFetchHandler(await startApollo()))));
