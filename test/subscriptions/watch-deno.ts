/**
 * Writes a title and ends if the argument says so. Otherwise it watches, reads the title when another process has written it,
 * writes one of its own, and prints what it has read and the first title that the watch brought.
 */
import { once } from 'node:events';
import process from 'node:process';

const kv = await Deno.openKv(Deno.env.get('STORE'));
const key = ['title'];
if (Deno.args[0] === 'publish') {
  await kv.set(key, 'From another process');
} else {
  const reader = kv.watch<[string]>([key]).getReader();
  // The first entry is what is there: nothing yet.
  await reader.read();
  const event = reader.read();
  console.log('listening');
  await once(process.stdin, 'data');
  const { value } = await kv.get<string>(key);
  await kv.set(key, 'From this process');
  console.log(`${value}, ${(await event).value?.[0].value}`);
}
process.exit();
