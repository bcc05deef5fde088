import { withFaults } from '../faults.ts';
import { createApp } from '../http/app.ts';

const cache = caches.open('http-cache').then((cache) => withFaults(cache, () => new Response('rubbish')));

Deno.serve({ port: 0, hostname: '127.0.0.1' }, createApp(cache));
