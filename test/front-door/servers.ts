import { fileURLToPath } from 'node:url';
import { launch, type RuntimeName, type Server } from '../../scripts/launch.ts';

/** Serves `app.ts` on a runtime. */
export async function serve(runtime: RuntimeName): Promise<Server> {
  const program = runtime === 'workerd' ? 'wrangler.toml' : `${runtime}.ts`;
  return await launch(runtime, fileURLToPath(new URL(`servers/${program}`, import.meta.url)));
}
