import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { handler } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(getRequestListener(handler)));
