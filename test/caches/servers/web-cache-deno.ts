import { webCache } from '../../../src/web-cache.ts';
import { createApp, options } from '../app.ts';
import { withFaults } from '../faults.ts';

const cache = await caches.open('graphql');
const rubbish = () => new Response('rubbish');
const isStored = async (key: string) => {
  const response = await cache.match(`https://apollo-server-cache.invalid/${key}`);
  await response?.body?.cancel();
  return response !== undefined;
};

Deno.serve(
  { port: 0, hostname: '127.0.0.1' },
  createApp(webCache(Promise.resolve(withFaults(cache, rubbish)), options), isStored),
);
