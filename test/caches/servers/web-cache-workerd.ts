import { webCache } from '../../../src/web-cache.ts';
import { createApp, options, withFaults } from '../app.ts';

const rubbish = () => new Response('rubbish');

export default {
  fetch: createApp(
    webCache(() => withFaults(caches.default, rubbish), options),
    async (key) => (await caches.default.match(`https://apollo-server-cache.invalid/${key}`)) !== undefined,
  ),
} satisfies ExportedHandler;
