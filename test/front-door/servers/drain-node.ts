import { createServer } from 'node:http';
import { createRequestListener } from '../../../src/node.ts';
import { createHandler } from '../drain-app.ts';
import { listen } from './listen.ts';

const handler = createHandler(() => new Promise((resolve) => listener.close(() => resolve())));
const listener = createServer(createRequestListener(handler));
listen(listener);
