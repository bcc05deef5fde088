import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { launch, launchCommand, type RuntimeName, type Server } from '../../scripts/launch.ts';

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Serves `app.ts` on a runtime. On workerd itself: wrangler's proxy answers some early refusals with a 500 of its own. */
export async function serve(runtime: RuntimeName): Promise<Server> {
  const program = pathOf(`servers/${runtime}.ts`);
  if (runtime !== 'workerd') return await launch(runtime, program);
  return await launchCommand([process.execPath, pathOf('../incremental/servers/workerd.ts'), program]);
}
