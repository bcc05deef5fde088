import { createServer } from 'node:http';
import { createRequestListener } from '../../../src/node.ts';
import { handler } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(createRequestListener(handler)));
