/**
 * Publishes a book and ends if its argument is `publish`. Otherwise it listens until another process has published,
 * publishes a book of its own, and prints the title of the first book that it has received.
 */
import { once } from 'node:events';
import process from 'node:process';
import { broadcastHub } from '../../example-app/broadcast-hub.ts';

const hub = broadcastHub();
const isPublisher = process.argv[2] === 'publish';
const title = isPublisher ? 'From another process' : 'From this process';
const publish = () => hub.publish({ id: 'a', title, author: 'b', addedBy: 'c' });
if (isPublisher) {
  await publish();
} else {
  const books = await hub.subscribe();
  console.log('listening');
  await once(process.stdin, 'data');
  await publish();
  for await (const { title } of books) {
    console.log(title);
    process.exit();
  }
}
