import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createHandler } from '../drain-app.ts';
import { listen } from './listen.ts';

const handler = createHandler(() => new Promise((resolve) => listener.close(() => resolve())));
const listener = createServer(getRequestListener(handler));
listen(listener);
