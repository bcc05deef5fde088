import { withFaults } from '../faults.ts';
import { createApp } from '../http/app.ts';
import { memoryCache } from '../http/lru.ts';

const cache = withFaults(memoryCache(), () => new Response('rubbish'));
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: createApp(cache) });
console.log(server.url.origin);
