import { createServer } from 'node:http';
import { createRequestListener } from '../../src/node.ts';
import handler from '../handlers/deployed.ts';
import { listen } from './listen.ts';

listen(createServer(createRequestListener(handler.fetch)));
