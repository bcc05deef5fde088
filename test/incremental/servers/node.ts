import { createServer } from 'node:http';
import { createRequestListener } from '../../../src/node.ts';
import { createApp } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(createRequestListener(createApp())));
