/**
 * Writes a title and ends if its argument is `publish`. Otherwise it watches until another process has written one,
 * reads that, writes one of its own, and prints the title that it has read and the first one that the watch reported.
 */
import { once } from 'node:events';
import process from 'node:process';

const kv = await Deno.openKv(Deno.env.get('STORE'));
const key = ['title'];
if (Deno.args[0] === 'publish') {
  await kv.set(key, 'From another process');
} else {
  const reader = kv.watch<[string]>([key]).getReader();
  // The first entry is the current value, and there is none yet.
  await reader.read();
  const event = reader.read();
  console.log('listening');
  await once(process.stdin, 'data');
  const { value } = await kv.get<string>(key);
  await kv.set(key, 'From this process');
  console.log(`${value}, ${(await event).value?.[0].value}`);
}
process.exit();
