import { createApp } from '../http/app.ts';
import { memoryCache } from '../http/lru.ts';

// `caches.default` has no store in workerd without the tools around it.
export default { fetch: createApp(memoryCache()) } satisfies ExportedHandler;
