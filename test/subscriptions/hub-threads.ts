/** One thread listens, and another one publishes. The listener prints the title of the book that it receives. */
import process from 'node:process';
import { isMainThread, Worker } from 'node:worker_threads';
import { broadcastHub } from '../../example-app/broadcast-hub.ts';

const hub = broadcastHub();
if (isMainThread) {
  const books = await hub.subscribe();
  new Worker(new URL(import.meta.url));
  for await (const { title } of books) {
    console.log(title);
    process.exit();
  }
} else {
  await hub.publish({ id: 'a', title: 'From another thread', author: 'b', addedBy: 'c' });
}
