import { serve } from 'srvx/node';
import { createApp } from '../app.ts';

const server = serve({ fetch: createApp(), port: 0, hostname: '127.0.0.1', silent: true, gracefulShutdown: false });
await server.ready();
console.log(server.url);
