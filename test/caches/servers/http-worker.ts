import { withFaults } from '../faults.ts';
import { createApp } from '../http/app.ts';

// Other files need the DOM types, which do not declare `caches.default`.
const { default: cache } = caches as CacheStorage & { readonly default: Cache };

export default {
  fetch: createApp(() => withFaults(cache, () => new Response('rubbish'))),
} satisfies ExportedHandler;
