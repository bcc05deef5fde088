import { workersKV } from '../../../src/workers-kv.ts';
import { createApp, options } from '../app.ts';
import { withFaults } from '../faults.ts';

interface Env {
  readonly CACHE: KVNamespace;
}

let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch(request, { CACHE }, ctx) {
    app ??= createApp(
      workersKV(
        withFaults(CACHE, () => 'rubbish'),
        options,
      ),
      async (key) => (await CACHE.get(key)) !== null,
    );
    return app(request, CACHE, ctx);
  },
} satisfies ExportedHandler<Env>;
