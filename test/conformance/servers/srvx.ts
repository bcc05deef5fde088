import process from 'node:process';
import { serve } from 'srvx/node';
import { createApp } from '../app.ts';

const { PORT } = process.env;
const app = createApp();
const server = serve({ fetch: (request) => app(request), port: Number(PORT), hostname: '127.0.0.1' });
await server.ready();
console.log(server.url);
