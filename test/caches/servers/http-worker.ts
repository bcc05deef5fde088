import { withFaults } from '../faults.ts';
import { createApp } from '../http/app.ts';

// The types of the DOM, which other files need, know no `default`.
const { default: cache } = caches as CacheStorage & { readonly default: Cache };

export default {
  fetch: createApp(() => withFaults(cache, () => new Response('rubbish'))),
} satisfies ExportedHandler;
