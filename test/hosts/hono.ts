import { getRequestListener } from '@hono/node-server';
import { listen } from './listen.ts';
import { serveApp } from './serve-app.ts';

await serveApp((handler) => listen(getRequestListener(handler)));
