import { createRequestListener } from '../../../src/node.ts';
import type { KeyValueCache } from '../../../src/workers-kv.ts';
import { listen as listenOnFreePort } from '../../hosts/listen.ts';
import { createApp } from '../app.ts';

/** Serves the application with a cache whose store cannot be looked into. */
export async function listen(cache: KeyValueCache): Promise<void> {
  const { url } = await listenOnFreePort(createRequestListener(createApp(cache, async () => false)));
  console.log(url);
}
