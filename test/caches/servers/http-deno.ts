import { withFaults } from '../faults.ts';
import { createApp } from '../http/app.ts';

const cache = caches.open('http-cache').then((cache) => withFaults(cache, () => new Response('rubbish')));
const app = createApp(cache);

// A second way in, if there is a directory for its socket.
const directory = Deno.env.get('STORE');
if (directory !== undefined) Deno.serve({ path: `${directory}/socket`, onListen() {} }, app);
Deno.serve({ port: 0, hostname: '127.0.0.1' }, app);
