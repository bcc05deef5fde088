import { denoKV } from '../../../src/deno-kv.ts';
import { createApp, options } from '../app.ts';
import { withFaults } from '../faults.ts';

const kv = await Deno.openKv(Deno.env.get('STORE'));
const cache = denoKV(
  withFaults(kv, () => ({ value: 42 })),
  options,
);
const isStored = async (key: string) => (await kv.get(['apollo-server-cache', key])).value !== null;

Deno.serve({ port: 0, hostname: '127.0.0.1' }, createApp(cache, isStored));
