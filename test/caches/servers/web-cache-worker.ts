import { webCache } from '../../../src/web-cache.ts';
import { createApp, options, withFaults } from '../app.ts';

// The types of the DOM hide that of Workers.
const open = () => (caches as unknown as { default: Cache }).default;
const rubbish = () => new Response('rubbish');

export default {
  fetch: createApp(
    webCache(() => withFaults(open(), rubbish), options),
    async (key) => (await open().match(`https://apollo-server-cache.invalid/${key}`)) !== undefined,
  ),
} satisfies ExportedHandler;
