import { createRequestListener } from '../../src/node.ts';
import { listen } from './listen.ts';
import { serveApp } from './serve-app.ts';

await serveApp((handler) => listen(createRequestListener(handler)));
