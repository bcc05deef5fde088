import { webCache } from '../../../src/web-cache.ts';
import { createApp, options } from '../app.ts';
import { withFaults } from '../faults.ts';

// Other files need the DOM types, which do not declare `caches.default`.
const { default: cache } = caches as CacheStorage & { readonly default: Cache };

export default {
  fetch: createApp(
    webCache(() => withFaults(cache, () => new Response('rubbish')), options),
    async (key) => (await cache.match(`https://apollo-server-cache.invalid/${key}`)) !== undefined,
  ),
} satisfies ExportedHandler;
